// OpenAI's client for JavaScript: Chat Completions.
import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { MODEL, SCRIPTED, TOKEN, URL, check, ok, same } from "./checks.mjs";

const client = new OpenAI({ baseURL: URL, apiKey: TOKEN, maxRetries: 0 });
const short = { model: MODEL, reasoning_effort: "low", max_completion_tokens: 300 };
const says = (content) => [{ role: "user", content }];
const Weather = z.object({ city: z.string() });
const Person = z.object({ name: z.string(), age: z.number().int() });
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Return the weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

await check("models", async () => {
  const found = [];
  for await (const model of client.models.list()) found.push(model.id);
  ok(found.length === 1 && found[0] === MODEL);
  ok((await client.models.retrieve(MODEL)).id === MODEL);
});

await check("plain", async () => {
  const answer = await client.chat.completions.create({ ...short, messages: says("Hello") });
  same(answer.choices[0].message.content, "You said: Hello");
  ok(answer.usage.completion_tokens_details.reasoning_tokens >= 0);
});

await check("streamed", async () => {
  let text = "";
  let usage;
  const chunks = await client.chat.completions.create({
    ...short, messages: says("Hello"), stream: true, stream_options: { include_usage: true },
  });
  for await (const chunk of chunks) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  same(text, "You said: Hello");
  ok(usage.total_tokens > 0);
});

await check("stream helper", async () => {
  const runner = client.chat.completions.stream({ ...short, messages: says("Hello") });
  same((await runner.finalMessage()).content, "You said: Hello");
});

await check("a stream that is left", async () => {
  const chunks = await client.chat.completions.create({
    ...short, max_completion_tokens: 100, messages: says("long slow"), stream: true,
  });
  for await (const chunk of chunks) if (chunk.choices[0].delta.reasoning) break;
  const answer = await client.chat.completions.create({ ...short, messages: says("Hello") });
  same(answer.choices[0].message.content, "You said: Hello");
});

if (SCRIPTED) {
  await check("runTools", async () => {
    const runner = client.chat.completions.runTools({
      ...short,
      messages: says('call get_weather {"city": "Rome"}'),
      tools: [{
        type: "function",
        function: { ...weather.function, parse: JSON.parse, function: ({ city }) => `Sunny in ${city}` },
      }],
    });
    same(await runner.finalContent(), "The tools say: Sunny in Rome");
  });

  await check("runTools streamed", async () => {
    const runner = client.chat.completions.runTools({
      ...short,
      stream: true,
      messages: says('preamble call get_weather {"city": "Rome"}'),
      tools: [{
        type: "function",
        function: { ...weather.function, parse: JSON.parse, function: ({ city }) => `Sunny in ${city}` },
      }],
    });
    same(await runner.finalContent(), "The tools say: Sunny in Rome");
  });

  await check("parse helper", async () => {
    const answer = await client.chat.completions.parse({
      ...short,
      messages: says("I am called Ada and am 36."),
      response_format: zodResponseFormat(Person, "person"),
    });
    same(answer.choices[0].message.parsed, { name: "Ada", age: 36 });
    const called = await client.chat.completions.parse({
      ...short,
      messages: says('call get_weather {"city": "Rome"}'),
      tools: [zodFunction({ name: "get_weather", parameters: Weather })],
    });
    same(called.choices[0].message.tool_calls[0].function.parsed_arguments, { city: "Rome" });
  });
}

await check("errors", async () => {
  for (const [body, status, code] of [
    [{ model: "nope" }, 404, "model_not_found"],
    [{ n: 2 }, 400, "unsupported_value"],
    [{ whatever: 1 }, 400, "unknown_parameter"],
  ]) {
    try {
      await client.chat.completions.create({ ...short, messages: says("Hello"), ...body });
    } catch (error) {
      ok(error instanceof OpenAI.APIError && error.status === status && error.code === code, String(error));
      continue;
    }
    throw new Error(`${JSON.stringify(body)} is not refused`);
  }
});
