import { plainText } from './agentLines.js';
import type { ContentBlock } from './claudeLines.js';

const MOST_LINES = 30;
const MOST_CHARACTERS = 4_000;

/** What a block of a message looks like in the transcript; empty for what says nothing. */
export function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return withNewline(plainText(block.text).trimEnd());
    case 'tool_use':
      return `▶ ${plainText(toolText(block.name, block.input))}\n`;
    case 'tool_result': {
      const text = shortened(plainText(resultText(block.content)).trim());
      if (text === '') return '';
      const indented = text.replaceAll('\n', '\n  ');
      return block.is_error ? `  ✗ ${indented}\n` : `  ${indented}\n`;
    }
  }
}

function withNewline(text: string): string {
  return text === '' ? '' : `${text}\n`;
}

/** The inputs that say in one line what a tool is about to do. */
const TELLING = [
  'command',
  'file_path',
  'notebook_path',
  'pattern',
  'path',
  'url',
  'query',
  'criterion',
  'description',
];

function toolText(name: string, input: unknown): string {
  const fields = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const value = TELLING.map((key) => fields[key]).find((field) => typeof field === 'string');
  return typeof value === 'string' ? `${name}: ${firstLine(value)}` : name;
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n', 1);
  return line.length < text.trim().length ? `${line.slice(0, 200)} …` : line.slice(0, 200);
}

/** Text, or a list of blocks of which the texts count. */
function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? part.text : '',
    )
    .join('');
}

function shortened(text: string): string {
  const lines = text.slice(0, MOST_CHARACTERS).split('\n');
  const shown = lines.slice(0, MOST_LINES).join('\n');
  return shown.length < text.length ? `${shown}\n…` : shown;
}
