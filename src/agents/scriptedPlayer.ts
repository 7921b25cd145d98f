/**
 * The scripted agent's program: plays one attempt of a script as a real process. The adapter has checked the script.
 * Environment: STORYLOOP_SCRIPT (path), STORYLOOP_ROLE, STORYLOOP_STORY, STORYLOOP_ATTEMPT. The worktree is the working directory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { assertNever } from '../primitives/assertNever.js';
import type { AgentLine } from './agentLines.js';
import type { Script, ScriptStep } from './script.js';

const { STORYLOOP_SCRIPT = '', STORYLOOP_ROLE = '', STORYLOOP_STORY = '', STORYLOOP_ATTEMPT = '1' } = process.env;
const { STORYLOOP_REPORT_URL = '', STORYLOOP_REPORT_TOKEN = '' } = process.env;
// Under VS Code we are Node only by this variable, which what we start must not get.
delete process.env.ELECTRON_RUN_AS_NODE;

/** Of a reviewer, as its prompt names it. */
let key = '';

void main();

async function main(): Promise<void> {
  try {
    await readPrompt();
    for (const step of await stepsOfAttempt()) await play(step);
    process.exit(0);
  } catch (error) {
    await say(`The script cannot go on: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

/** Like an agent, which knows its task before it begins. */
async function readPrompt(): Promise<void> {
  const prompt = await text(process.stdin);
  key = /^The key is (\S+)\./m.exec(prompt)?.[1] ?? '';
}

async function stepsOfAttempt(): Promise<readonly ScriptStep[]> {
  const script = JSON.parse(await readFile(STORYLOOP_SCRIPT, 'utf8')) as Script;
  const played = STORYLOOP_ROLE === 'reviewer' ? script.reviews : script.stories;
  const attempts = played?.[STORYLOOP_STORY];
  const steps = attempts?.[Number(STORYLOOP_ATTEMPT) - 1] ?? attempts?.at(-1);
  if (!steps) throw new Error(`it has no ${STORYLOOP_ROLE === 'reviewer' ? 'review of' : 'story'} ${STORYLOOP_STORY}`);
  return steps;
}

async function play(step: ScriptStep): Promise<void> {
  switch (step.do) {
    case 'say':
      return say(step.text);
    case 'write':
      await mkdir(path.dirname(path.resolve(step.path)), { recursive: true });
      return writeFile(
        step.path,
        typeof step.content === 'string' ? step.content : step.content.map((line) => `${line}\n`).join(''),
      );
    case 'replace': {
      const before = await readFile(step.path, 'utf8');
      if (!before.includes(step.find)) throw new Error(`${step.path} does not hold ${JSON.stringify(step.find)}`);
      return writeFile(
        step.path,
        before.replace(step.find, () => step.with),
      );
    }
    case 'delete':
      return rm(step.path, { recursive: true });
    case 'claim':
      return report({ storyloop: 'claim', criterion: step.criterion, test: step.test, note: step.note });
    case 'ask':
      return ask(step);
    case 'find':
      return report({
        storyloop: 'finding',
        criterion: step.criterion,
        holds: step.holds,
        evidence: step.evidence,
        key,
      });
    case 'usage':
      return report({
        storyloop: 'usage',
        input_tokens: step.inputTokens,
        output_tokens: step.outputTokens,
        cost_usd: step.costUsd,
      });
    case 'wait':
      return delay(step.ms);
    case 'wait-for': {
      const file = path.resolve(path.dirname(STORYLOOP_SCRIPT), step.file);
      while (!existsSync(file)) await delay(20);
      return;
    }
    case 'shell': {
      const child = spawn(step.command, { shell: true, stdio: ['ignore', 'inherit', 'inherit'] });
      await once(child, 'close');
      if (child.exitCode !== 0) throw new Error(`${step.command}: exit code ${child.exitCode ?? 'none'}`);
      return;
    }
    case 'limit': {
      const end = step.forMs === undefined ? undefined : new Date(Date.now() + step.forMs).toISOString();
      await report({ storyloop: 'limit', reason: step.reason, resets_at: end });
      return process.exit(1);
    }
    case 'exit':
      return process.exit(step.code);
    case 'hang':
      if (step.ignoreSigterm) process.on('SIGTERM', () => {});
      for (;;) await delay(60_000);
    default:
      assertNever(step);
  }
}

/** Over the endpoint of its attempt, as an agent with the tool does. */
async function ask({ question, options }: Extract<ScriptStep, { do: 'ask' }>): Promise<void> {
  const asked = await fetch(STORYLOOP_REPORT_URL, {
    method: 'POST',
    headers: { authorization: `Bearer ${STORYLOOP_REPORT_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'ask_question', arguments: { question, options } },
    }),
  });
  await say(await asked.text());
}

function report(line: AgentLine): Promise<void> {
  return say(JSON.stringify(line));
}

/** Resolves when the line is on its way: it must not be lost when the process ends right after. */
function say(line: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${line}\n`, () => {
      resolve();
    });
  });
}
