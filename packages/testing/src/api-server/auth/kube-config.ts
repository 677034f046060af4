/** What a kubeconfig names. */
export interface KubeConfigParts {
  readonly url: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly user: string;
  readonly token: string;
}

/** The text of a kubeconfig file, as JSON, which is YAML too. */
export function formatKubeConfig({
  url,
  certificateAuthority,
  user,
  token,
}: KubeConfigParts): string {
  const name = 'depwatch';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: url,
          'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  });
}
