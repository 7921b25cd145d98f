import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Script, ScriptStep } from '../../src/agents/script.js';

const exec = promisify(execFile);

export interface PlannedStory {
  readonly id: string;
  readonly criteria?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly fileScope?: readonly string[];
  readonly priority?: number;
  /** One list of steps an attempt. Absent: writes `<id>.txt`. */
  readonly attempts?: readonly (readonly ScriptStep[])[];
  /** The same for the reviewer of each attempt. */
  readonly reviews?: readonly (readonly ScriptStep[])[];
}

/** A throw-away git repository with a program, its tests, a PRD and a script for the scripted agent. */
export class Workspace implements AsyncDisposable {
  private constructor(
    /** Holds the repository, the user's state and the script; removed at the end. */
    readonly folder: string,
    readonly root: string,
  ) {}

  /** An own folder with an empty, committed repository. */
  static async create(name = 'project'): Promise<Workspace> {
    const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'storyloop-test-')));
    const workspace = new Workspace(folder, path.join(folder, name));
    await mkdir(workspace.root);
    await workspace.git('init', '--quiet', '--initial-branch=main');
    await workspace.git('config', 'user.name', 'Ada Tester');
    await workspace.git('config', 'user.email', 'ada@example.test');
    return workspace;
  }

  /** A repository whose gate is one small script, and a PRD of `stories`. */
  static async withStories(stories: readonly PlannedStory[], name?: string): Promise<Workspace> {
    const workspace = await Workspace.create(name);
    await workspace.write(
      'package.json',
      `${JSON.stringify({ name: 'sample', private: true, scripts: { test: 'node check.js' } }, undefined, 2)}\n`,
    );
    // Fails while a file named "broken" exists, waits while "../slow-gate" does.
    await workspace.write(
      'check.js',
      [
        "const fs = require('node:fs');",
        "if (fs.existsSync('broken')) { console.error('the file broken is there'); process.exit(1); }",
        "console.log('all is well');",
        '',
      ].join('\n'),
    );
    // The package's own script without npm in between, which takes longer than all the rest of such a gate. In VS Code one
    // story after the other.
    await workspace.write(
      path.join(workspace.home, 'config.json'),
      JSON.stringify({ gates: { test: ['node', 'check.js'] }, workers: 1 }),
    );
    await workspace.write('prd.json', `${JSON.stringify(prdOf(stories), undefined, 2)}\n`);
    await workspace.writeScript(stories);
    await workspace.commit('base');
    return workspace;
  }

  /** Lets the package's scripts be the gates, as for a user who configured none. */
  async useNpmScripts(): Promise<void> {
    await rm(path.join(this.home, 'config.json'));
  }

  get home(): string {
    return path.join(this.folder, 'home');
  }

  get script(): string {
    return path.join(this.folder, 'script.json');
  }

  async writeScript(stories: readonly PlannedStory[]): Promise<void> {
    const script: Script = {
      reviews: Object.fromEntries(
        stories.flatMap(({ id, reviews }) => (reviews ? [[id, reviews.map((steps) => [...steps])]] : [])),
      ),
      stories: Object.fromEntries(
        stories.map((story) => [
          story.id,
          (story.attempts ?? [[{ do: 'write', path: `${story.id}.txt`, content: `${story.id}\n` }]]).map((steps) => [
            ...steps,
          ]),
        ]),
      ),
    };
    await writeFile(this.script, JSON.stringify(script));
  }

  async write(file: string, content: string): Promise<void> {
    const target = path.resolve(this.root, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }

  read(file: string): Promise<string> {
    return readFile(path.resolve(this.root, file), 'utf8');
  }

  async git(...args: string[]): Promise<string> {
    const { stdout } = await exec('git', args, { cwd: this.root, maxBuffer: 16 * 1024 * 1024 });
    return stdout.trimEnd();
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
  }

  /** Ids of the stories committed on `ref` since `base`, oldest first. */
  async committedStories(ref: string, base = 'main'): Promise<string[]> {
    const log = await this.git(
      'log',
      '--reverse',
      '--format=%(trailers:key=Story-Id,valueonly,separator=)',
      `${base}..${ref}`,
    );
    return log === '' ? [] : log.split('\n');
  }

  /** Everything of the user's that a run must leave alone: HEAD, index, status and files, byte for byte. */
  async fingerprint(): Promise<Record<string, string>> {
    return {
      head: await this.git('symbolic-ref', 'HEAD'),
      commit: await this.git('rev-parse', 'HEAD'),
      index: await this.git('ls-files', '--stage', '--debug'),
      status: await this.git('status', '--porcelain', '--', '.', ':(exclude)prd.json'),
      stash: await this.git('stash', 'list'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function prdOf(stories: readonly PlannedStory[]): object {
  return {
    project: 'Sample',
    branchName: 'ralph/sample',
    description: 'A sample for tests',
    userStories: stories.map((story, index) => ({
      id: story.id,
      title: `Story ${story.id}`,
      description: `As a tester I want ${story.id}`,
      acceptanceCriteria: story.criteria ?? ['All tests pass'],
      priority: story.priority ?? index + 1,
      ...(story.dependsOn && { dependsOn: story.dependsOn }),
      ...(story.fileScope && { fileScope: story.fileScope }),
      passes: false,
      notes: '',
    })),
  };
}
