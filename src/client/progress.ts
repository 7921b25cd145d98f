import type { EventData, EventType } from '../events/catalogue.js';
import { isKnown, type Envelope, type PublishedEvent } from '../events/envelope.js';
import type { Result } from '../primitives/result.js';
import type { ClientFailure, HubClient, HubListener } from './hubClient.js';

type Published = Promise<Result<readonly string[], ClientFailure>>;

/** An event of the catalogue, with the data of its type. */
export type EventOf<T extends EventType> = Omit<Envelope, 'type' | 'data'> & {
  readonly type: T;
  readonly data: EventData<T>;
};

/**
 * What a program says of its work on a PRD, one function for each thing, so that the compiler knows the data. The
 * answers are those of `publish`; who does not mind a missing hub ignores them.
 */
export class Progress {
  constructor(private readonly client: Pick<HubClient, 'publish'>) {}

  prdStarted(prd: string, totalStories: number, more: Partial<EventData<'prd.started'>> = {}): Published {
    return this.emit('prd.started', { ...more, status: 'running', total_stories: totalStories }, { prd_id: prd });
  }

  prdCompleted(prd: string, success: boolean, more: Partial<EventData<'prd.completed'>> = {}): Published {
    return this.emit('prd.completed', { ...more, success, status: endOf(success) }, { prd_id: prd });
  }

  storyStarted(prd: string, story: string, more: Partial<EventData<'story.started'>> = {}): Published {
    return this.#ofStory(prd, story, 'story.started', { ...more, story_id: story, status: 'in_progress' });
  }

  storyCompleted(
    prd: string,
    story: string,
    success: boolean,
    more: Partial<EventData<'story.completed'>> = {},
  ): Published {
    return this.#ofStory(prd, story, 'story.completed', {
      ...more,
      story_id: story,
      success,
      status: endOf(success),
    });
  }

  criterionCompleted(prd: string, story: string, index: number, text: string): Published {
    return this.#ofStory(prd, story, 'criterion.completed', { story_id: story, ac_index: index, ac_text: text });
  }

  criterionFailed(prd: string, story: string, index: number, text: string, message: string): Published {
    const data = { story_id: story, ac_index: index, ac_text: text, message };
    return this.#ofStory(prd, story, 'criterion.failed', data);
  }

  testRun(prd: string, story: string, passed: number, failed: number): Published {
    return this.#ofStory(prd, story, 'test.run', { story_id: story, passed, failed, total: passed + failed });
  }

  commitCreated(prd: string, story: string, commitHash: string): Published {
    return this.#ofStory(prd, story, 'commit.created', { story_id: story, commit_hash: commitHash });
  }

  errorOccurred(prd: string, story: string | undefined, error: string): Published {
    return story === undefined
      ? this.emit('error.occurred', { error }, { prd_id: prd })
      : this.#ofStory(prd, story, 'error.occurred', { story_id: story, error });
  }

  /** Any other event. */
  emit<T extends EventType>(
    type: T,
    data: EventData<T>,
    about: Pick<PublishedEvent, 'prd_id' | 'run_id' | 'story_id' | 'project' | 'id'> = {},
  ): Published {
    return this.client.publish([{ ...about, type, data: data }]);
  }

  #ofStory<T extends EventType>(prd: string, story: string, type: T, data: EventData<T>): Published {
    return this.emit(type, data, { prd_id: prd, story_id: story });
  }
}

/** Tells `handler` the events of one type, of one PRD or of all. */
export function onEventOf<T extends EventType>(
  client: Pick<HubClient, 'subscribe'>,
  type: T,
  handler: (event: EventOf<T>) => void,
  about: { readonly prd?: string; readonly since?: string } = {},
): Disposable {
  return client.subscribe({ types: [type], ...prds(about.prd) }, listener(isOf(type), handler), about.since);
}

/** Tells `handler` everything that happens to a PRD. */
export function subscribePrd(
  client: Pick<HubClient, 'subscribe'>,
  prd: string,
  handler: (event: Envelope) => void,
  since?: string,
): Disposable {
  return client.subscribe(prds(prd), { onEvent: handler }, since);
}

const endOf = (success: boolean): 'completed' | 'failed' => (success ? 'completed' : 'failed');

const prds = (prd: string | undefined): { readonly prds?: string[] } => (prd === undefined ? {} : { prds: [prd] });

const isOf =
  <T extends EventType>(type: T) =>
  (event: Envelope): event is Envelope & EventOf<T> =>
    isKnown(event) && event.type === type;

function listener<E extends Envelope>(fits: (event: Envelope) => event is E, handler: (event: E) => void): HubListener {
  return {
    onEvent: (event) => {
      if (fits(event)) handler(event);
    },
  };
}
