/**
 * Runs the project's tools on a bare machine, which has Node and npm and nothing else:
 *
 *     node tools/bootstrap.mjs start [options of depwatch-reloader]
 *     node tools/bootstrap.mjs test [options of vitest]
 *     node tools/bootstrap.mjs pack
 *     node tools/bootstrap.mjs <command> [arguments]     pnpm, or any command of node_modules/.bin
 *
 * It installs what the lockfile names when that isn't there yet, and runs the rest on the project's own
 * Node. This file stays readable for old versions of Node, so that they get to the message below.
 */
const oldest = 20;

if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `depwatch is developed on Node ${oldest} or newer, and this is Node ${process.versions.node}.\n` +
      `Any newer Node will do: the one that the project itself runs on is installed with its tools.`,
  );
  process.exit(1);
}

const { main } = await import('./bootstrap/main.mjs');
process.exitCode = await main(process.argv.slice(2));
