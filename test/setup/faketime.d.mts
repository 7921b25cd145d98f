export declare const FAKETIME_HINT: string;
export declare function findFaketime(): string | undefined;
