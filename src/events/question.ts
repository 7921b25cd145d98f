import * as z from 'zod';

/** Of a question within its story: `Q-1`. */
export const questionId = z.string().min(1).max(16);
export const questionText = z.string().min(1).max(2_000);
export const questionOptions = z.array(z.string().min(1).max(200)).max(8);
/** A person's answer; it has room in an intent's file, however it is written there. */
export const answerText = z.string().min(1).max(2_000);
