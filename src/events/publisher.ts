/** What a publisher outside may be called. No run has such a name (they contain `_`), nor has the hub. */
export const publisherName = /^(?!hub$)[a-z][a-z0-9-]{0,31}$/;
