import type { FileScope } from './fileScope.js';

/** One acceptance criterion, as the PRD says it. */
export interface Criterion {
  /** 1, 2, … within its story. */
  readonly index: number;
  readonly text: string;
  /** How it can be proved without asking anybody, read from its text. */
  readonly check:
    | { readonly kind: 'gate'; readonly gate: 'test' | 'typecheck' | 'lint' }
    | { readonly kind: 'command'; readonly command: string }
    | undefined;
}

export interface Story {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly criteria: readonly Criterion[];
  /** Lower runs earlier. */
  readonly priority: number;
  readonly dependsOn: readonly string[];
  /** The file says that it is done. */
  readonly passes: boolean;
  readonly notes: string;
  /** The model that the file suggests for it. */
  readonly suggestedModel?: string;
  /** Where it works, as far as the file says so; kept apart from stories that work there, too. */
  readonly fileScope: FileScope;
}

export interface Prd {
  readonly title: string;
  readonly description: string;
  readonly branchName: string | undefined;
  /** In the file's order. */
  readonly stories: readonly Story[];
}

/** What is wrong with a PRD file, where (both 1-based), and what to do. */
export interface PrdProblem {
  readonly severity: 'error' | 'warning';
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
