export declare const PYTHON_HINT: string;
export declare function findPython(): Promise<string | undefined>;
