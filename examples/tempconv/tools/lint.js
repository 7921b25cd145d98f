// A linter small enough to read: a few rules about style. Syntax is for the tests to find.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const rules = [
  [/\t/, 'a tab; indent with two blanks'],
  [/[ \r]$/, 'a blank or carriage return at the end of the line'],
  [/^.{101,}$/, 'more than 100 characters'],
  [/\bvar\b/, 'var; use const or let'],
  [/[^=!]==[^=]/, '==; use ==='],
];
const problems = [];

for (const folder of ['bin', 'src', 'test', 'tools']) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.js')) check(path.join(folder, name));
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function check(file) {
  const text = readFileSync(file, 'utf8');
  if (!text.endsWith('\n')) problems.push(`${file}: no line end at the end of the file`);
  if (file.startsWith('src') && text.includes('console.')) problems.push(`${file}: console; use io`);
  if (file.startsWith('tools')) return;
  for (const [index, line] of text.split('\n').entries()) {
    for (const [pattern, what] of rules) {
      if (pattern.test(line)) problems.push(`${file}:${index + 1}: ${what}`);
    }
  }
}
