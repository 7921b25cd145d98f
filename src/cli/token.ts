import { Option, type Command } from 'commander';
import { setTimeout as after } from 'node:timers/promises';
import { scopedToken, type TokenScope } from '../gate/credentials.js';
import { publisherName } from '../events/publisher.js';
import { hubToken, readDiscovery, rotateToken } from '../session/discovery.js';
import { UserPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';

const patienceMs = 10_000;
const askAgainMs = 50;

export function addToken(program: Command, exitWith: (code: ExitCode) => void): void {
  const token = program.command('token').description('the token that clients of the hub need');
  token
    .command('show', { isDefault: true })
    .description('print it, or one that allows less and ends with it')
    .addOption(new Option('--scope <scope>', 'what it allows').choices(['admin', 'publish', 'read']).default('admin'))
    .option('--publisher <name>', 'with --scope publish: the one name that it publishes under')
    .action(async (options: ShowOptions) => {
      exitWith(await show(options));
    });
  token
    .command('rotate')
    .description('make a new one; the old one and whoever is connected with it are cut off')
    .action(async () => {
      exitWith(await rotate());
    });
}

interface ShowOptions {
  readonly scope: 'admin' | TokenScope;
  readonly publisher?: string;
}

/** `storyloop token`: what is derived is kept nowhere, and a new token of the hub ends it. */
async function show({ scope, publisher }: ShowOptions): Promise<ExitCode> {
  if (publisher !== undefined && scope !== 'publish')
    return complain('--publisher goes with --scope publish', ExitCode.usage);
  if (publisher !== undefined && !publisherName.test(publisher))
    return complain(`"${publisher}" is no name of a publisher: lower case letters, digits and "-"`, ExitCode.usage);
  const token = await hubToken(new UserPaths());
  process.stdout.write(`${scope === 'admin' ? token : scopedToken(token, scope, publisher)}\n`);
  return ExitCode.done;
}

/** `storyloop token rotate`: is over when no hub takes the old token any more. */
async function rotate(): Promise<ExitCode> {
  const user = new UserPaths();
  const token = await rotateToken(user);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const hub = await readDiscovery(user);
    if (!hub || hub.token === token) break;
    if (performance.now() > deadline) {
      return complain(
        `The hub (pid ${hub.pid}) has not taken the new token and may still serve the old one. End it.`,
        ExitCode.blocked,
      );
    }
    await after(askAgainMs);
  }
  process.stdout.write('The token is a new one. Clients that read hub.json find it there.\n');
  return ExitCode.done;
}
