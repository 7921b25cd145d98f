import { err, ok, type Result } from '../primitives/result.js';
import { describe, parseData, publishedEvent, type PublishedEvent } from './envelope.js';

/** Checks what somebody outside wants to publish, and completes it. The error says where and what. */
export function parsePublished(value: unknown): Result<PublishedEvent, string> {
  const parsed = publishedEvent.safeParse(value);
  return parsed.success ? completePublished(parsed.data) : err(describe(parsed.error, []));
}

/** Events of a story name it in the envelope and in their data; whoever sends one of them need not send both. */
export function completePublished(event: PublishedEvent): Result<PublishedEvent, string> {
  const story = event.story_id ?? storyIn(event.data);
  const data = parseData(event.type, withStory(event, story));
  if (!data.ok) return data;
  const complete = { ...event, data: data.value };
  if (story !== undefined) complete.story_id = story;
  return ok(complete);
}

function withStory(event: PublishedEvent, story: string | undefined): Record<string, unknown> {
  if (story === undefined) return event.data;
  return /^(command\.|story\.status$)/.test(event.type)
    ? { story_key: story, ...event.data }
    : { story_id: story, ...event.data };
}

function storyIn(data: Readonly<Record<string, unknown>>): string | undefined {
  const story = data['story_id'] ?? data['story_key'];
  return typeof story === 'string' && story.length > 0 && story.length <= 128 ? story : undefined;
}
