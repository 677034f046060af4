/**
 * What CI draws its schedules by. A commit is judged by the same ones each time, so that what fails there is what the commit has
 * changed; new ones are looked for by `npm run soak`, and on each developer's machine.
 */
const seedOfCi = 1;

/** The seed of this file's random tests: DEPWATCH_SEED where that is set, which replays a run; else a new one, but not in CI. */
export const seed = Number(
  process.env['DEPWATCH_SEED'] ?? (process.env['CI'] ? seedOfCi : Date.now() % 2 ** 31),
);

/** How many schedules a random test runs: `usually` so many, else as DEPWATCH_SCHEDULES says. */
export const howMany = (usually: number): number =>
  Number(process.env['DEPWATCH_SCHEDULES'] ?? usually);

/** For a test that draws one schedule by each seed: so many, from {@link seed} on. */
export const seeds = (usually: number): readonly number[] =>
  Array.from({ length: howMany(usually) }, (_, index) => seed + index);
