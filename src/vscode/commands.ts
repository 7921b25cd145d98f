import * as vscode from 'vscode';
import type { Logger } from '../primitives/logger.js';
import { commandIds, type CommandName } from './contributions.js';
import type { StoryNode } from './storyItems.js';

/** What each command does. A tree row is given where the command was called on one; from the palette there is none. */
export type CommandHandlers = Readonly<Record<CommandName, (node: StoryNode | undefined) => void | Promise<void>>>;

/** Registers every command. A failure is a bug here: it is logged and told, never swallowed. */
export function registerCommands(handlers: CommandHandlers, logger: Logger): vscode.Disposable {
  const registrations = Object.entries(commandIds).map(([name, id]) =>
    vscode.commands.registerCommand(id, async (argument: unknown) => {
      try {
        if (!vscode.workspace.isTrusted && name !== 'showLog') {
          refuse();
          return;
        }
        await handlers[name as CommandName](isStoryNode(argument) ? argument : undefined);
      } catch (error) {
        logger.error(`${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        const action = 'Show log';
        const message = `Storyloop: ${error instanceof Error ? error.message : String(error)}`;
        void vscode.window.showErrorMessage(message, action).then((answer) => {
          if (answer === action) void vscode.commands.executeCommand(commandIds.showLog);
        });
      }
    }),
  );
  return vscode.Disposable.from(...registrations);
}

/** Only other extensions get here: menus and palette offer nothing in a workspace that is not trusted. */
function refuse(): void {
  const action = 'Manage workspace trust';
  const message = 'Storyloop starts nothing until this workspace is trusted.';
  void vscode.window.showWarningMessage(message, action).then((answer) => {
    if (answer === action) void vscode.commands.executeCommand('workbench.trust.manage');
  });
}

function isStoryNode(argument: unknown): argument is StoryNode {
  return typeof argument === 'object' && argument !== null && 'kind' in argument && 'storyId' in argument;
}
