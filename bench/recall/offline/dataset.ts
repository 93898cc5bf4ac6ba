import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const chat = z.object({
  id: z.string(),
  turns: z.array(
    z.object({
      id: z.string(),
      session: z.number(),
      speaker: z.string(),
      text: z.string(),
      caption: z.string().optional(),
      date: z.coerce.date(),
    }),
  ),
  questions: z.array(z.object({ question: z.string(), category: z.number(), evidence: z.array(z.string()) })),
});
export type Chat = z.infer<typeof chat>;

export const readChats = async (file: string): Promise<Chat[]> => z.array(chat).parse(JSON.parse(await readFile(file, 'utf8')));
