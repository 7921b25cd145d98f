/** A request's headers as they came: name, value, name, value…, so that repeated ones are seen. */
export class RequestHeaders {
  constructor(private readonly raw: readonly string[]) {}

  all(name: string): string[] {
    return this.raw.filter((_, index) => index % 2 === 1 && this.raw[index - 1]?.toLowerCase() === name);
  }

  /** Undefined when absent or repeated. */
  only(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 1 ? values[0] : undefined;
  }

  /** The parts of a header that is a list. */
  parts(name: string, separator: string): string[] {
    return this.all(name).flatMap((value) => value.split(separator).map((part) => part.trim()));
  }
}
