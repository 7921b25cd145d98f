import { propertiesOf, valueOf, type JsonDocument, type Node } from './jsonDocument.js';
import type { PrdProblem } from './prd.js';

/** As much text as an event may carry in one field. */
const LONGEST_TEXT = 65_536;

/** Collects the problems of one file, and puts them into the file's order. */
export class ProblemList {
  readonly #found: { readonly offset: number; readonly problem: PrdProblem }[] = [];

  constructor(readonly document: JsonDocument) {}

  error(node: Node, message: string): void {
    this.#add('error', node, message);
  }

  warning(node: Node, message: string): void {
    this.#add('warning', node, message);
  }

  lineOf(node: Node): number {
    return this.document.locate(node.offset).line;
  }

  get hasErrors(): boolean {
    return this.#found.some(({ problem }) => problem.severity === 'error');
  }

  inOrder(): PrdProblem[] {
    return this.#found.toSorted((a, b) => a.offset - b.offset).map(({ problem }) => problem);
  }

  #add(severity: PrdProblem['severity'], node: Node, message: string): void {
    const { line, column } = this.document.locate(node.offset);
    this.#found.push({ offset: node.offset, problem: { severity, line, column, message } });
  }
}

/** Reads the fields of one object; what is wrong with them becomes a problem that begins with `subject`. */
export class ObjectReader {
  readonly #properties: ReadonlyMap<string, readonly Node[]>;

  constructor(
    readonly node: Node,
    readonly problems: ProblemList,
    readonly subject: string,
  ) {
    this.#properties = propertiesOf(node);
  }

  get keys(): readonly string[] {
    return [...this.#properties.keys()];
  }

  /** The value under the first of these keys that is there; null counts as absent. */
  find(...keys: readonly [string, ...string[]]): Node | undefined {
    const present = keys.flatMap((key) => this.#properties.get(key) ?? []);
    const [first, second] = present;
    const chosen = first && valueOf(first);
    if (second) {
      const names = [...new Set(present.map((property) => `"${String(property.children?.[0]?.value)}"`))].join(' and ');
      const line = first ? this.problems.lineOf(first) : 0;
      this.problems.error(second, `${this.subject} has ${names} more than once (also on line ${line}). Keep one.`);
    }
    return chosen?.type === 'null' ? undefined : chosen;
  }

  /** Text without blanks around it; absent, empty and of a wrong type are undefined, the last with a problem. */
  text(...keys: readonly [string, ...string[]]): { readonly value: string; readonly node: Node } | undefined {
    const node = this.find(...keys);
    if (!node) return undefined;
    const value = this.#textOf(node, `"${keys[0]}"`);
    return value === undefined || value === '' ? undefined : { value, node };
  }

  /** Text that must be there; `advice` says what to write when it is not. */
  requiredText(key: string, advice: string): { readonly value: string; readonly node: Node } | undefined {
    const node = this.find(key);
    const value = node && this.#textOf(node, `"${key}"`);
    if (!node || value === '') this.error(node ?? this.node, `"${key}" is missing or empty. ${advice}`);
    return node && value ? { value, node } : undefined;
  }

  /** Texts of a list; entries that are none become problems. */
  texts(what: string, ...keys: readonly [string, ...string[]]): { readonly value: string; readonly node: Node }[] {
    const node = this.find(...keys);
    if (!node) return [];
    if (node.type !== 'array') {
      this.problems.error(node, `${this.subject}: "${keys[0]}" must be a list of texts: [${what}, …].`);
      return [];
    }
    return (node.children ?? []).flatMap((entry, index) => {
      const value = this.#textOf(entry, `entry ${index + 1} of "${keys[0]}"`);
      if (value === '')
        this.problems.error(
          entry,
          `${this.subject}: entry ${index + 1} of "${keys[0]}" is empty. Fill it or remove it.`,
        );
      return value === undefined || value === '' ? [] : [{ value, node: entry }];
    });
  }

  error(node: Node, message: string): void {
    this.problems.error(node, `${this.subject}: ${message}`);
  }

  #textOf(node: Node, what: string): string | undefined {
    if (node.type !== 'string') {
      this.error(node, `${what} must be text in double quotes, not ${kindOf(node)}.`);
      return undefined;
    }
    const value = String(node.value).trim();
    if (value.length <= LONGEST_TEXT) return value;
    this.error(node, `${what} is longer than ${LONGEST_TEXT} characters. Shorten it.`);
    return undefined;
  }
}

export function kindOf(node: Node): string {
  switch (node.type) {
    case 'array':
      return 'a list';
    case 'object':
      return 'an object';
    case 'null':
      return 'null';
    case 'string':
      return 'text';
    case 'number':
    case 'boolean':
    case 'property':
      return `a ${node.type}`;
  }
}
