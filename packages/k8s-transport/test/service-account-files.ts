/** The files of a service account, by name. */
export type ServiceAccountFiles = Readonly<Record<'token' | 'ca.crt' | 'namespace', string>>;

/** What a pod's files hold of the kubeconfig's text. */
export function serviceAccountFilesOf(kubeConfig: string): ServiceAccountFiles {
  const { clusters, users } = JSON.parse(kubeConfig) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const ca = clusters[0].cluster['certificate-authority-data'];
  return {
    token: users[0].user.token,
    'ca.crt': Buffer.from(ca, 'base64').toString(),
    namespace: 'default',
  };
}
