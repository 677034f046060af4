/** Something the in-process server gets wrong, and the requests of the comparison that show it. */
export interface Gap {
  /** What, for the README: Markdown, on one line. */
  readonly says: string;
  /** Ids of requests: `room: script, number`. */
  readonly requests: readonly string[];
}

const numbers = (script: string, ...of: readonly number[]): string[] =>
  of.map((number) => `${script}, ${number}`);

/** All that is known to differ; the list in the README is made of it. */
export const gaps: readonly Gap[] = [
  {
    says: 'Answers are JSON alone: YAML and protobuf are not sent. What takes nothing else gets a 406.',
    requests: numbers('representations: encodings and methods', 2, 3, 4),
  },
  {
    says: 'There is no OpenAPI, so `kubectl apply` needs `--validate=false`; no OpenID configuration and no metrics.',
    requests: numbers('representations: what a client asks before all else', 6, 7, 8, 9, 10),
  },
  {
    says: 'Discovery lists what is served: without componentstatuses, flow control, certificates and the rest that controllers rarely read, and HorizontalPodAutoscaler as autoscaling/v2 alone.',
    requests: numbers('kinds: discovery, as informers and RESTMappers ask for it', 2, 3, 8, 13),
  },
  {
    says: 'Volumes and claims have no finalizers of protection: nothing here would take them away again.',
    requests: numbers('kinds: of storage and quotas', 1, 5),
  },
  {
    says: 'Pods have no ephemeral containers.',
    requests: numbers('subresources: binding, status, and what needs a node', 8, 9),
  },
  {
    says: 'Nobody is warned of a certificate that is none.',
    requests: ['validation: ConfigMaps and Secrets, 14'],
  },
  {
    says: 'Nobody is warned of keys that a JSON patch or an apply has twice.',
    requests: numbers('bodies: keys that are there twice, in patches', 4, 5),
  },
  {
    says: 'A patch that nests thousands of levels is answered with a 500.',
    requests: ['bodies: nested deeper than may be, 17'],
  },
  {
    says: 'A namespace is not finalized by who asks for it: it goes by itself.',
    requests: numbers('endings: a namespace that goes, with what it holds', 9),
  },
  {
    says: 'A service that becomes a name alone has no `internalTrafficPolicy`, where a real one has it again with the next write.',
    requests: numbers(
      'pods and services: what of a service never changes, and what it is given',
      13,
    ),
  },
  {
    says: 'The root tells no paths.',
    requests: ['representations: what a client asks before all else, 11'],
  },
];
