// Vercel's AI SDK, with OpenAI's own provider: it asks for responses, and refers to stored items.
import { createOpenAI } from "@ai-sdk/openai";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { MODEL, SCRIPTED, TOKEN, URL, check, ok, same } from "./checks.mjs";

const provider = createOpenAI({ baseURL: URL, apiKey: TOKEN });
const model = provider(MODEL);
const short = { model, maxOutputTokens: 300, maxRetries: 0 };
const reasons = { openai: { reasoningEffort: "high", reasoningSummary: "auto", forceReasoning: true } };
const weather = tool({
  description: "Return the weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `Sunny in ${city}`,
});

await check("plain", async () => {
  const answer = await generateText({ ...short, system: "Be brief.", prompt: "Hello", providerOptions: reasons });
  same(answer.text, "You said: Hello");
  ok(answer.usage.outputTokens > 0);
});

await check("streamed", async () => {
  const answer = streamText({ ...short, prompt: "Hello" });
  const kinds = new Set();
  let text = "";
  for await (const part of answer.fullStream) {
    kinds.add(part.type);
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") text += part.text;
  }
  same(text, "You said: Hello");
  ok(kinds.has("finish"));
  ok((await answer.usage).totalTokens > 0);
});

if (SCRIPTED) {
  const asks = {
    prompt: 'preamble call weather {"city": "Rome"}', tools: { weather }, stopWhen: stepCountIs(4),
  };

  for (const [how, options] of [
    ["stored", reasons],
    ["without storage", { openai: { ...reasons.openai, store: false, include: ["reasoning.encrypted_content"] } }],
  ]) {
    await check(`tool round trip, ${how}`, async () => {
      const answer = await generateText({ ...short, ...asks, providerOptions: options });
      same(answer.text, "The tools say: Sunny in Rome");
      same(answer.steps.length, 2);
    });

    await check(`tool round trip streamed, ${how}`, async () => {
      const answer = streamText({ ...short, ...asks, providerOptions: options });
      for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
      same(await answer.text, "The tools say: Sunny in Rome");
      same((await answer.steps)[0].finishReason, "tool-calls");
    });
  }

  await check("two turns", async () => {
    const first = await generateText({ ...short, prompt: "Hello" });
    const messages = [
      { role: "user", content: "Hello" }, ...first.response.messages, { role: "user", content: "And you?" },
    ];
    same((await generateText({ ...short, messages })).text, "You said: And you?");
  });

  await check("structured", async () => {
    const schema = z.object({ name: z.string(), people: z.number() });
    const answer = await generateObject({ ...short, schema, prompt: 'json {"name": "Oslo", "people": 7}' });
    same(answer.object, { name: "Oslo", people: 7 });
  });
}
