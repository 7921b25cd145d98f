/** A place where the hub listens, as the gate sees it. */
export interface Door {
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** Names and addresses under which it may be called, in lower case, without a port. */
  readonly names: readonly string[];
  /** Only this machine may connect. */
  readonly loopbackOnly: boolean;
}

/** Where the hub always listens. */
export function loopbackDoor(port: number): Door {
  return { scheme: 'http', port, names: ['127.0.0.1', 'localhost'], loopbackOnly: true };
}

/** Values of `Host` that name this door. */
export function hostsOf({ scheme, port, names }: Door): string[] {
  const isDefault = scheme === 'https' && port === 443;
  return names.flatMap((name) => (isDefault ? [name, `${name}:${port}`] : [`${name}:${port}`]));
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/**
 * Under what an address is counted. One machine, one bucket: 127.0.0.2 or an IPv4-mapped spelling is no fresh start, nor is
 * another of the addresses that a network gives each of its machines (IPv6 /64).
 */
export function addressKey(address: string): string {
  if (isLoopback(address)) return 'loopback';
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  return URL.canParse(`http://[${plain}]/`) ? networkOf(new URL(`http://[${plain}]/`).hostname.slice(1, -1)) : plain;
}

/** The first four groups of an address in its canonical spelling. */
function networkOf(address: string): string {
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
