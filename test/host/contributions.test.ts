import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import {
  commandIds,
  contextKeyNames,
  dashboardView,
  settingScopes,
  storiesView,
} from '../../src/vscode/contributions.js';

const clause = z.object({ command: z.string(), when: z.string().optional() });
const setting = z.looseObject({ scope: z.string(), markdownDescription: z.string(), default: z.unknown() });
const manifest = z.looseObject({
  icon: z.string(),
  activationEvents: z.array(z.string()),
  capabilities: z.object({
    untrustedWorkspaces: z.object({
      supported: z.literal('limited'),
      description: z.string(),
      restrictedConfigurations: z.array(z.string()),
    }),
    virtualWorkspaces: z.unknown(),
  }),
  contributes: z.looseObject({
    commands: z.array(
      z.object({
        command: z.string(),
        title: z.string(),
        category: z.literal('Storyloop'),
        icon: z.string(),
        enablement: z.string().optional(),
      }),
    ),
    menus: z.record(z.string(), z.array(clause)),
    views: z.record(z.string(), z.array(z.object({ id: z.string(), icon: z.string() }).loose())),
    viewsWelcome: z.array(z.object({ view: z.string(), contents: z.string(), when: z.string() })),
    configuration: z.array(z.object({ properties: z.record(z.string(), setting) }).loose()),
  }),
});

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('storyloop.storyloop');
  assert.ok(found, 'the extension is installed');
  return found;
}

describe('package.json and the code', () => {
  const { contributes, capabilities, activationEvents, icon } = manifest.parse(extension().packageJSON);
  const properties = Object.assign({}, ...contributes.configuration.map((group) => group.properties)) as Record<
    string,
    z.infer<typeof setting>
  >;

  it('name the same commands', () => {
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), Object.values(commandIds).sort());
  });

  it('let no command start anything in a workspace that is not trusted', () => {
    for (const { command, enablement } of contributes.commands) {
      if (command === commandIds.showLog) continue;
      assert.match(enablement ?? '', /^isWorkspaceTrusted/, command);
    }
  });

  it('name the same views', () => {
    assert.deepEqual(
      Object.values(contributes.views).flatMap((views) => views.map(({ id }) => id)),
      [storiesView],
    );
    assert.ok(activationEvents.includes(`onWebviewPanel:${dashboardView}`));
    for (const { view } of contributes.viewsWelcome) assert.equal(view, storiesView);
  });

  it('name the same context keys', () => {
    const clauses = [
      ...contributes.commands.map(({ enablement }) => enablement ?? ''),
      ...Object.values(contributes.menus).flatMap((items) => items.map(({ when }) => when ?? '')),
      ...contributes.viewsWelcome.map(({ when }) => when),
    ];
    const used = new Set(clauses.flatMap((text) => text.match(/storyloop\.\w+/g) ?? []));
    used.delete(storiesView);
    assert.deepEqual([...used].sort(), [...contextKeyNames].sort());
  });

  it('give every setting the same scope, and a description', () => {
    const scopes = Object.fromEntries(Object.entries(properties).map(([name, { scope }]) => [name, scope]));
    const expected = Object.fromEntries(
      Object.entries(settingScopes).map(([name, scope]) => [`storyloop.${name}`, scope]),
    );
    assert.deepEqual(scopes, expected);
    for (const [name, { markdownDescription }] of Object.entries(properties)) assert.ok(markdownDescription, name);
  });

  it('take nothing that names an executable from a folder that is not trusted', () => {
    const executables = Object.keys(properties).filter((name) => properties[name]?.scope === 'machine-overridable');
    assert.deepEqual([...capabilities.untrustedWorkspaces.restrictedConfigurations].sort(), executables.sort());
  });

  it('have the icons they name, a PNG of 256 pixels for the marketplace', () => {
    const file = (name: string) => path.join(extension().extensionPath, name);
    const png = readFileSync(file(icon));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [256, 256]);
    for (const view of Object.values(contributes.views).flat()) assert.ok(readFileSync(file(view.icon)).length > 0);
  });

  it('give every setting a default that VS Code knows', () => {
    const configuration = vscode.workspace.getConfiguration('storyloop');
    for (const name of Object.keys(settingScopes)) {
      assert.deepEqual(configuration.inspect(name)?.defaultValue, properties[`storyloop.${name}`]?.default, name);
    }
  });
});
