import * as z from 'zod';

/*
 * Lines of `claude -p --output-format stream-json`, as far as they matter here. Everything that only tells or counts is
 * lenient: an odd field must not hide a line that says how the attempt ended.
 */

const count = z.number().nonnegative().catch(0).default(0);
const optionalText = z.string().optional().catch(undefined);

const modelUsage = z
  .record(
    z.string(),
    z.object({
      inputTokens: count,
      outputTokens: count,
      cacheReadInputTokens: count,
      cacheCreationInputTokens: count,
      costUSD: count,
    }),
  )
  .optional()
  .catch(undefined);
export type ModelUsage = NonNullable<z.infer<typeof modelUsage>>;

const resultLine = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  result: optionalText,
  errors: z.array(z.string()).catch([]).default([]),
  api_error_status: z.number().nullable().optional().catch(undefined),
  permission_denials: z
    .array(z.object({ tool_name: z.string() }))
    .catch([])
    .default([]),
  /** Of the whole session; a session that was resumed brings its past along. */
  modelUsage,
  model_usage_since_last_result: modelUsage,
});
export type ClaudeResult = z.infer<typeof resultLine>;

const systemLine = z.discriminatedUnion('subtype', [
  z.object({
    type: z.literal('system'),
    subtype: z.literal('init'),
    mcp_servers: z
      .array(z.object({ name: z.string(), status: z.string() }))
      .catch([])
      .default([]),
  }),
  z.object({
    type: z.literal('system'),
    subtype: z.literal('api_retry'),
    attempt: count,
    max_retries: count,
    error_status: z.number().nullable().optional().catch(undefined),
    error: optionalText,
  }),
  z.object({
    type: z.literal('system'),
    subtype: z.literal('permission_denied'),
    tool_name: z.string(),
    message: optionalText,
  }),
]);

const claudeLine = z.discriminatedUnion('type', [
  resultLine,
  systemLine,
  z.object({
    type: z.literal('assistant'),
    message: z.object({ content: z.array(z.unknown()) }),
    /** On a message that Claude Code itself made of an error of the API. */
    error: optionalText,
  }),
  z.object({
    type: z.literal('user'),
    message: z.object({ content: z.union([z.string(), z.array(z.unknown())]) }),
  }),
  z.object({
    type: z.literal('rate_limit_event'),
    rate_limit_info: z.object({
      status: z.string(),
      /** Seconds since the epoch. */
      resetsAt: z.number().positive().max(8.64e12).optional().catch(undefined),
    }),
  }),
]);
export type ClaudeLine = z.infer<typeof claudeLine>;

const contentBlock = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool_use'), name: z.string(), input: z.unknown() }),
  z.object({
    type: z.literal('tool_result'),
    content: z.unknown(),
    is_error: z.boolean().optional().catch(undefined),
  }),
]);
export type ContentBlock = z.infer<typeof contentBlock>;

/** Undefined for what is no JSON, and for the types that this version does not know: there are many, and more to come. */
export function parseClaudeLine(line: string): ClaudeLine | undefined {
  try {
    return claudeLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** The blocks of a message that are shown; thinking and the like are not. */
export function contentBlocks(content: string | readonly unknown[]): ContentBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.flatMap((block) => contentBlock.safeParse(block).data ?? []);
}
