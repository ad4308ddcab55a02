"""Models behind endpoints that speak OpenAI's API: of vLLM, Ollama, llama-server and others.

``remote_backend`` is the `Backend` of such models. A ``remote_request`` is what a server is asked:
by a ``chat_request``, or by a ``responses_request`` where that is the only way to the reasoning,
both made of ``answer_rounds``. It is asked again where that may help, without what is among the
``refusals``. What comes through `app.network.endpoint_client` is read by ``chat_stream`` or
``responses_stream`` (``stream_reading`` is what they share) as ``wire_events``, and an answer is
made of these (``remote_answer``). How servers differ is data, in ``server_dialect``; ``tool_names``
are functions' names there and here; ``server_faults`` makes errors of what servers refuse.
``detection`` finds out which server it is, ``fitting`` how much of a conversation its context
holds. ``remote_server`` has the values of all this, and ``endpoint_list`` is the list of those that
the user, or an administrator, has added.

Nothing of a conversation leaves this computer but by `RemoteBackend.stream`.
"""
