import { convert } from './convert.js';

const usage = 'Usage: tempconv VALUE FROM TO';

/** Runs the program: lines go to io.out and io.err; the answer is the exit code. */
export async function run(args, io) {
  if (args.length !== 3) return fail(io, usage);
  const [value, from, to] = args;
  io.out(`${convert(Number(value), from, to)} ${to}`);
  return 0;
}

function fail(io, message) {
  io.err(message);
  return 2;
}
