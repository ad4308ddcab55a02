// Vercel's AI SDK, with its provider for Anthropic, as opencode and others have it.
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { MODEL, SCRIPTED, TOKEN, URL, check, ok, same } from "./checks.mjs";

const model = createAnthropic({ baseURL: URL, apiKey: TOKEN })(MODEL);
const thinking = { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } };
const short = { model, maxOutputTokens: 2000, maxRetries: 0, providerOptions: thinking };
const weather = tool({
  description: "Return the weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `Sunny in ${city}`,
});

await check("plain", async () => {
  const answer = await generateText({ ...short, system: "Be kind.", prompt: "Hello" });
  same(answer.text, "You said: Hello");
  if (SCRIPTED) same(answer.reasoningText, "The user asks something. Effort low.");
  ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0, JSON.stringify(answer.usage));
});

await check("streamed", async () => {
  const answer = streamText({ ...short, prompt: "Hello" });
  let [text, thought] = ["", ""];
  for await (const part of answer.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") text += part.text;
    if (part.type === "reasoning-delta") thought += part.text;
  }
  same(text, "You said: Hello");
  if (SCRIPTED) same(thought, "The user asks something. Effort low.");
  ok((await answer.usage).outputTokens > 0);
});

if (SCRIPTED) {
  const asks = { prompt: 'preamble call weather {"city": "Rome"}', tools: { weather }, stopWhen: stepCountIs(4) };

  await check("tool round trip", async () => {
    const answer = await generateText({ ...short, ...asks });
    same(answer.text, "The tools say: Sunny in Rome");
    same(answer.steps.length, 2);
  });

  await check("tool round trip streamed", async () => {
    const answer = streamText({ ...short, ...asks });
    for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
    same(await answer.text, "The tools say: Sunny in Rome");
    same((await answer.steps)[0].finishReason, "tool-calls");
  });

  await check("object", async () => {
    const schema = z.object({ name: z.string(), age: z.number().int() });
    const answer = await generateObject({
      model, maxOutputTokens: 2000, maxRetries: 0, schema, prompt: "I am called Ada and am 36.",
    });
    same(answer.object, { name: "Ada", age: 36 });
  });
}
