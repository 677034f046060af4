import { all, fieldOr, type BuiltInKind } from './built-in-kind.ts';

/** The kinds of the group apps. */
export const apps: readonly BuiltInKind[] = [
  { resource: 'controllerrevisions', kind: 'ControllerRevision' },
  {
    resource: 'daemonsets',
    kind: 'DaemonSet',
    shortNames: ['ds'],
    ...all,
    status: true,
    generation: 'spec',
  },
  {
    resource: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
    ...all,
    status: true,
    scale: true,
    generation: 'specAndAnnotations',
  },
  {
    resource: 'replicasets',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    ...all,
    status: true,
    scale: true,
    generation: 'spec',
    fields: { 'status.replicas': fieldOr('0', 'status', 'replicas') },
  },
  {
    resource: 'statefulsets',
    kind: 'StatefulSet',
    shortNames: ['sts'],
    ...all,
    status: true,
    scale: true,
    generation: 'spec',
  },
];

/** The kinds of the group batch. */
export const batch: readonly BuiltInKind[] = [
  {
    resource: 'cronjobs',
    kind: 'CronJob',
    shortNames: ['cj'],
    ...all,
    status: true,
    generation: 'spec',
  },
  {
    resource: 'jobs',
    kind: 'Job',
    ...all,
    status: true,
    generation: 'spec',
    fields: { 'status.successful': fieldOr('0', 'status', 'succeeded') },
    fieldRefusal: 'notSupported',
  },
];
