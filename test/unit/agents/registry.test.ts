import assert from 'node:assert/strict';
import { createAgent } from '../../../src/agents/registry.js';
import type { ResolvedConfig } from '../../../src/config/config.js';
import { runDefaults } from '../../../src/config/loadConfig.js';

const defaults = { ...runDefaults, attemptTimeout: 60, gateTimeout: 60 };
const problem = (config: Partial<ResolvedConfig> & { agent: string }): string => {
  const created = createAgent({ ...defaults, ...config });
  return created.ok ? '' : created.error;
};

describe('createAgent', () => {
  it('makes the agent that the configuration names', () => {
    const command = createAgent({ ...defaults, agent: 'command', agents: { command: { argv: ['a', 'b'] } } });
    assert.ok(command.ok);
    assert.equal(command.value.name, 'command');
    assert.equal(command.value.commandText, 'a b');
    const scripted = createAgent({ ...defaults, agent: 'scripted', agents: { scripted: { script: '/s.json' } } });
    assert.ok(scripted.ok);
    assert.equal(scripted.value.name, 'scripted');
    const claude = createAgent({
      ...defaults,
      agent: 'claude',
      agents: { claude: { model: 'opus', allowedTools: [] } },
    });
    assert.ok(claude.ok);
    assert.equal(claude.value.commandText, 'claude -p --permission-mode acceptEdits --model opus');
  });

  it('gives an agent that takes one another model than its own, and refuses where it takes none', () => {
    const config = { ...defaults, agent: 'claude', agents: { claude: { model: 'opus', allowedTools: [] } } };
    const haiku = createAgent(config, 'haiku');
    assert.ok(haiku.ok);
    assert.equal(haiku.value.commandText, 'claude -p --permission-mode acceptEdits --model haiku');
    const refused = createAgent({ ...defaults, agent: 'command', agents: { command: { argv: ['a'] } } }, 'haiku');
    assert.match(refused.ok ? '' : refused.error, /"command" cannot be told a model \("haiku"\)/);
  });

  it('says what is missing, and which agents there are', () => {
    assert.match(problem({ agent: 'command' }), /Set storyloop\.agents\.command/);
    assert.match(problem({ agent: 'scripted' }), /Set storyloop\.agents\.scripted/);
    assert.match(problem({ agent: 'toString' }), /no agent "toString"\. Known agents: claude, command, scripted\./);
  });
});
