const name = 'depwatch';

/** What a kubeconfig is made of, for a cluster that knows its users by tokens. */
export interface KubeConfigParts {
  /** The URL of the API server. */
  readonly url: string;
  /** The certificate authority of the API server, as PEM. */
  readonly certificateAuthority: string;
  /** What the user is called in the file. */
  readonly user: string;
  /** The bearer token that says who the user is. */
  readonly token: string;
}

/** The text of a kubeconfig file with one cluster, one user and one context, as JSON (which YAML includes). */
export function formatKubeConfig({
  url,
  certificateAuthority,
  user,
  token,
}: KubeConfigParts): string {
  return `${JSON.stringify(
    {
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
    },
    undefined,
    2,
  )}\n`;
}

/** Whether a text was made by {@link formatKubeConfig}. */
export function isFormattedKubeConfig(text: string): boolean {
  try {
    return (
      (JSON.parse(text) as { 'current-context'?: unknown } | null)?.['current-context'] === name
    );
  } catch {
    return false;
  }
}
