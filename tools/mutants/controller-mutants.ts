import type { Mutant } from './mutant.ts';

const finalizers = 'controller/test/finalizer.test.ts';
const writes = 'controller/test/writes.test.ts';
const owning = 'controller/test/owning.test.ts';
const ownership = 'controller/test/ownership.test.ts';
const controller = 'controller/test/controller.test.ts';

/** What a controller may get wrong about the life of an object, its own writes, and what is not its own. */
export const controllerMutants: readonly Mutant[] = [
  {
    name: 'a finalizer goes though its run asks to be called again',
    invariant: 24,
    in: 'ObjectReconciler.#finalize',
    change: { replace: '$result?.requeueAfterMs !== undefined', by: 'false' },
    test: finalizers,
  },
  {
    name: 'a run that was through is repeated',
    invariant: 24,
    in: 'ObjectReconciler.#finalize',
    change: { drop: '$seen.isFinalized = true' },
    test: finalizers,
  },
  {
    name: 'an object that is ours again is not finalized again',
    invariant: 24,
    in: 'ObjectReconciler.#present',
    change: { replace: '$seen.isFinalized = false', by: '$seen' },
    test: finalizers,
  },
  {
    name: 'finalizers of others are replaced',
    invariant: 24,
    in: 'changeFinalizer',
    change: { replace: '[...$others, $finalizer]', by: '[$finalizer]' },
    test: finalizers,
  },
  {
    name: 'what was written is not waited for',
    invariant: 25,
    in: 'Writes.through',
    change: { replace: 'this.note($key, $written, $of)', by: '$written' },
    test: writes,
  },
  {
    name: 'what was deleted is not waited for',
    invariant: 25,
    in: 'Writes.noteDeleted',
    change: { begin: 'return;' },
    test: writes,
  },
  {
    name: 'what was written is waited for without end',
    invariant: 25,
    in: 'Writes.caughtUp',
    change: { replace: '$impatience.abort()', by: '$impatience' },
    test: writes,
  },
  {
    name: 'code that outlives its reconcile writes',
    invariant: 27,
    in: 'ObjectReconciler.#client',
    change: { replace: 'AbortSignal.any([$signal, $over])', by: '$signal' },
    test: controller,
  },
  {
    name: 'a removed that failed is not called again',
    invariant: 9,
    in: 'ObjectReconciler.#tellRemoved',
    change: { begin: 'this.#gone.delete($1.key);' },
    test: controller,
  },
  {
    name: 'a removed that failed leaves open what it has read',
    invariant: 14,
    in: 'ObjectReconciler.#tellRemoved',
    change: { replace: '$turn.batch.abort()', by: 'undefined' },
    test: controller,
  },
  {
    name: 'a removed that failed holds up who has its name',
    invariant: 2,
    in: 'ObjectReconciler.#afterAnother',
    change: { replace: 'this.#present($reader, $context, $object)', by: 'undefined' },
    test: controller,
  },
  {
    name: 'what is no namespace is read from a held list',
    invariant: 15,
    in: 'Reading.#held',
    change: { drop: 'validateQuery($wanted)' },
    test: controller,
  },
  {
    name: 'a write is sent before its options are looked at',
    invariant: 21,
    in: 'endingWith',
    change: { drop: 'checkCallOptions($options)' },
    test: writes,
  },
  {
    name: 'what belongs to another controller is taken',
    invariant: 26,
    in: 'ownedBy',
    change: { replace: '$controller.uid !== $owner.metadata.uid', by: 'false' },
    test: owning,
  },
  {
    name: 'what belongs to nobody is taken',
    invariant: 26,
    in: 'ownedBy',
    change: { begin: '$4 = true;' },
    test: owning,
  },
  {
    name: 'the controller itself is one replica’s',
    invariant: 27,
    in: 'ownedBeside',
    change: { replace: '$key === $own || $ownership.owns($key)', by: '$ownership.owns($key)' },
    test: ownership,
  },
  {
    name: 'what is lost is remembered',
    invariant: 27,
    in: 'KindController.#ownedChanged',
    change: { drop: 'this.#objects.retain($$how)' },
    test: ownership,
  },
  {
    name: 'who takes an object over is not told when it goes',
    invariant: 27,
    in: 'KindController.#concerns',
    change: { drop: 'this.#objects.known($id, $before)' },
    test: ownership,
  },
  {
    name: 'what others own is waited for',
    invariant: 27,
    in: 'KindController.#ownedChanged',
    change: { drop: 'this.#checkListed()' },
    test: ownership,
  },
  {
    name: 'the watchers of a group are all its own',
    invariant: 27,
    in: 'LoopGroup.#mayBegin',
    change: { begin: 'return true;' },
    test: 'dynamic-watcher/test/group/ownership.test.ts',
  },
];
