#!/usr/bin/env node
// The published command. Plain JavaScript that any Node can read, so that an old one gets a clear error.

const NODE_MAJOR_MIN = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major < NODE_MAJOR_MIN) {
  process.stderr.write(
    `error CLI_NODE_TOO_OLD: bitcraps needs Node ${NODE_MAJOR_MIN} or newer, and this is ${process.version}\n` +
      '  Install a newer Node, for example from your system or with a version manager, and run the command again.\n',
  );
  process.exitCode = 2;
} else {
  import('../dist/cli/main.js').catch((error) => {
    process.stderr.write(
      `error CLI_NOT_BUILT: ${error.message}\n  In a checkout run \`npm run build\` first.\n`,
    );
    process.exitCode = 2;
  });
}
