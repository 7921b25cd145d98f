/** Path of the program; rejects with the reason when it cannot be had here. */
export declare function ensureClaudeCode(): Promise<string>;
