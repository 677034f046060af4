import type { DynamicWatcherSettings } from '../../src/index.ts';
import type { Controls, ServerName } from './ground.ts';
import type { TransportOptions, User } from './server-ground.ts';
import type { Stage } from './stage.ts';

/** Ends a fault. */
export type Heal = () => unknown;

/** How a fault comes about on a server; or why it can't. */
export type Inject<Control> =
  | string
  | ((control: Control, stage: Stage) => Heal | void | Promise<Heal | void>);

/** A row of the fault table, as a case for all servers. */
export interface FaultCase {
  readonly fault: string;
  readonly settings?: Partial<DynamicWatcherSettings>;
  /** Of the HTTP transport, so not for the fake. */
  readonly transport?: TransportOptions;
  /** Who watches. @default 'admin' */
  readonly user?: User;
  /** Who watches on the kube-apiserver. Default: `user`. */
  readonly realUser?: User;
  /** Whether the kube-apiserver serves streaming lists, which is set when it starts. @default true */
  readonly streamingLists?: boolean;
  /** Why it isn't tried where one watch serves several. Absent: it is. */
  readonly notShared?: string;
  readonly inject: { readonly [Name in ServerName]: Inject<Controls[Name]> };
  /** What must come of it. `inject` resolves once the fault is there. */
  expect(stage: Stage, inject: () => Promise<() => Promise<void>>): Promise<void>;
}

/** The same thing done to all servers. */
export function everywhere(inject: (stage: Stage) => ReturnType<Exclude<Inject<never>, string>>) {
  const one = (_control: unknown, stage: Stage) => inject(stage);
  return { fake: one, inProcess: one, real: one };
}
