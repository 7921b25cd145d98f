/** How much a check finds fault with; what it does not say is absent. */
export interface ProblemCounts {
  readonly errors?: number;
  readonly warnings?: number;
  readonly vulnerabilities?: number;
}

/** The same where what is not said may be there as undefined. */
export type ToldProblems = { readonly [Kind in keyof ProblemCounts]: ProblemCounts[Kind] | undefined };

/** Of something that tells more than counts, or does not tell all of them. */
export function problemCounts({ errors, warnings, vulnerabilities }: ToldProblems): ProblemCounts {
  return {
    ...(errors !== undefined && { errors }),
    ...(warnings !== undefined && { warnings }),
    ...(vulnerabilities !== undefined && { vulnerabilities }),
  };
}

/** `3 errors (2 before), 1 warning`; empty when nothing was counted. `before`: what the same check counted on the base. */
export function problemsText(counts: ToldProblems, before: ToldProblems = {}): string {
  const part = (kind: keyof ProblemCounts, one: string): string[] => {
    const count = counts[kind];
    if (count === undefined) return [];
    const earlier = before[kind];
    const text = `${count} ${count === 1 ? one : kind}`;
    return [earlier === undefined ? text : `${text} (${earlier} before)`];
  };
  return [...part('errors', 'error'), ...part('warnings', 'warning'), ...part('vulnerabilities', 'vulnerability')].join(
    ', ',
  );
}
