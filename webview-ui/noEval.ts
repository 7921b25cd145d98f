import { config } from 'zod';

// zod compiles its checks with `new Function`, and probes for it while schemas are made; the page's CSP forbids both.
// Imported before anything that makes a schema.
config({ jitless: true });
