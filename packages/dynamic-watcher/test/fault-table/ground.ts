import type { Clock, KubernetesObject, Transport } from '@depwatch/core';
import type { ApiServer, FakeTransport } from '@depwatch/testing';
import type { ControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';

/** What each server is controlled with. */
export interface Controls {
  readonly fake: FakeTransport;
  readonly inProcess: ApiServer;
  readonly real: ControlPlane;
}

export type ServerName = keyof Controls;

/** The kind that a case may define: of a group of its own, so that cases don't meet. */
export interface KindShape {
  readonly namespaced: boolean;
  readonly plural: string;
}

/** A server as all cases use it, whichever of the three it is. */
export interface Ground<Name extends ServerName = ServerName> extends AsyncDisposable {
  readonly control: Controls[Name];
  readonly transport: Transport;
  /** Absent: the system's. */
  readonly clock?: Clock;
  readonly namespace: string;
  /** How many connections the watches have had, where there are any. */
  readonly connections: number;
  /** Resolves when the check passes; on the fake, time passes until then. */
  until(check: () => unknown): Promise<void>;
  put(object: KubernetesObject): Promise<KubernetesObject>;
  remove(object: KubernetesObject): Promise<void>;
  registerKind(group: string, shape: KindShape): Promise<void>;
  unregisterKind(group: string): Promise<void>;
  /** Breaks what is open. */
  cut(): void;
  /** Breaks what is open, and lets nothing through until the returned function is called. */
  disconnect(): () => void;
  /** Nothing of what is open goes on, and nobody is told. */
  blackHole(): () => void;
  /** Takes from the user what it may do with ConfigMaps, and resolves once that counts; returns the way back. */
  revoke(): Promise<() => Promise<void>>;
  /**
   * Where a service account watches: deletes it, and resolves once its token is worth nothing; returns the way back, to a
   * new account of the name with a token of its own.
   */
  expel?(): Promise<() => Promise<void>>;
}
