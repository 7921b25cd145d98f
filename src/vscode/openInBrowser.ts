import * as vscode from 'vscode';
import { dashboardLink } from '../client/dashboardLink.js';
import { findHub } from '../client/provenHub.js';
import { deferred } from '../primitives/deferred.js';
import type { Clock } from '../primitives/clock.js';
import type { Discovery } from '../session/discovery.js';
import type { UserPaths } from '../session/paths.js';

const hubWithinMs = 10_000;
const askAgainMs = 100;

/** Opens the dashboard in the user's browser, by a link of the hub, be it this window's or another's. */
export async function openDashboardInBrowser(user: UserPaths, clock: Clock): Promise<void> {
  const hub = await waitForHub(user, clock);
  const link = hub ? await dashboardLink(hub) : undefined;
  if (!link?.ok) {
    const reason = link?.error ?? 'The hub does not run. The log tells why.';
    void vscode.window.showErrorMessage(`The dashboard cannot be opened in a browser. ${reason}`);
    return;
  }
  const url = vscode.Uri.parse(link.value, true);
  // Where the browser may be on another machine than the hub, VS Code leads it through a port or a proxy of its own, and
  // the hub answers only to its own address.
  const external = await vscode.env.asExternalUri(url.with({ path: '/', query: '' }));
  if (external.path !== '/' || ![url.authority, `localhost:${hub?.port}`].includes(external.authority)) {
    await offerLink(link.value, url.authority);
    return;
  }
  await vscode.env.openExternal(url.with({ authority: external.authority }));
}

async function offerLink(link: string, authority: string): Promise<void> {
  const action = 'Copy link';
  const message = `The hub answers only at ${authority} of its own machine. Open the link there within a minute, or forward its port to the same address of yours first.`;
  if ((await vscode.window.showInformationMessage(message, action)) === action) {
    await vscode.env.clipboard.writeText(link);
  }
}

/** The hub may just be starting. */
async function waitForHub(user: UserPaths, clock: Clock): Promise<Discovery | undefined> {
  const end = clock.monotonic() + hubWithinMs;
  for (;;) {
    const hub = await findHub(user);
    if (hub || clock.monotonic() > end) return hub;
    const over = deferred();
    clock.after(askAgainMs, () => {
      over.resolve();
    });
    await over.promise;
  }
}
