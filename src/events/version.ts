/** Version of the envelope, the catalogue and the frames, as spoken by this build. */
export const PROTOCOL_VERSION = 1;

/** WebSocket subprotocol of {@link PROTOCOL_VERSION}. */
export const SUBPROTOCOL = 'storyloop.v1';
