"""Harmony, the chat format of gpt-oss: a prompt out of messages, messages out of tokens.

A prompt is a list of control ids and ordinary text, never a string that is parsed, so nothing
that the user, a file or a model wrote can become a control token. The parser is a state machine
over ids that recovers from whatever a model writes: no text is lost, no control token comes out.

``harmony_format``  the format as the engine knows it
``vocabulary``    the ids of the control tokens
``channels``      Harmony's channels, and the kinds of parts that they are
``render``        a prompt out of messages
``declarations``  declared tools, as TypeScript
``response_format``  the schema of an answer, as the model is told it
``turn_grammar``  what may be drawn in a turn of which a shape is wanted
``header``        message headers, as models write them
``parse``         messages out of tokens
``marked_text``   the same out of text, of a server that sends control tokens as text
``stored_parts``  parts as they were stored by channel

Source: openai-harmony 0.0.8, whose own rendering is the reference (its documentation has stray
lines), and whose parser raises where this one recovers.
"""
