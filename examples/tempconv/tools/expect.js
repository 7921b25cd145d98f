// node tools/expect.js EXPECTED ARGUMENT…: succeeds when tempconv prints exactly the expected text,
// on either stream. It also compares the exit code when EXPECTED begins with it: "2: not a number: x".
import { spawnSync } from 'node:child_process';

const [expected, ...args] = process.argv.slice(2);
const [, code = '0', text] = /^(?:(\d): )?(.*)$/.exec(expected);
const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/tempconv.js', ...args], {
  encoding: 'utf8',
  input: '',
});
const printed = (stdout + stderr).trim();
if (status !== Number(code) || printed !== text) {
  console.error(`expected "${text}" and exit code ${code}, got "${printed}" and ${status}`);
  process.exitCode = 1;
}
