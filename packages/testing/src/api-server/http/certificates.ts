import { generate, type SelfsignedOptions } from 'selfsigned';

/** What a TLS server on the loopback address needs; all PEM. */
export interface ServerCertificates {
  /** The authority that signed {@link certificate}; made for this server alone, its key is thrown away. */
  readonly certificateAuthority: string;
  readonly certificate: string;
  readonly key: string;
}

const dayMs = 86_400_000;

/** Makes an authority and, signed by it, a certificate for 127.0.0.1, ::1 and localhost. Both last for ten years. */
export async function createCertificates(): Promise<ServerCertificates> {
  const common: SelfsignedOptions = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A clock that is a little behind still finds them valid.
    notBeforeDate: new Date(Date.now() - dayMs),
    notAfterDate: new Date(Date.now() + 3650 * dayMs),
  };
  const authority = await generate([{ name: 'commonName', value: 'depwatch in-process CA' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
          { type: 2, value: 'localhost' },
          { type: 2, value: 'kubernetes.default.svc' },
        ],
      },
    ],
  });
  return {
    certificateAuthority: authority.cert,
    certificate: server.cert,
    key: server.private,
  };
}
