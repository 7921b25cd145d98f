export declare const PYTHON_HINT: string;
export declare const SOCKETIO_HINT: string;
export declare function findPython(...modules: string[]): Promise<string | undefined>;
export declare function findPythonWithSocketIo(): Promise<string | undefined>;
