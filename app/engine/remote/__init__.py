"""Models behind endpoints that speak OpenAI's API: of vLLM, Ollama, llama-server and others.

``remote_backend`` is the `Backend` of such models. It sends each request as a ``remote_request``,
which goes out again where that may help, without what the server has refused before (``refusals``).
That is a ``chat_request``, or a ``responses_request`` where only that leads to the reasoning; both
tell a conversation as ``answer_rounds``. It goes through `app.network.endpoint_client`; what comes
is read by ``chat_stream`` or ``responses_stream`` (``stream_reading`` is what they share) as
``wire_events``, out of plain text where a server does no more (``unparsed_answer``), and
``remote_answer`` makes an answer of them. How servers differ is data, in ``server_dialect``;
``tool_names`` are functions' names there and here; ``server_faults`` makes errors of what servers
refuse (``server_message``).

``detection`` finds out which server it is (``server_reply``), and tries a model that is on no list,
with a word of its own; ``usual_ports`` finds out which servers are on this computer, and
``fitting`` how much of a conversation a context holds, for which ``local_vocabulary`` has gpt-oss's
vocabulary. ``remote_server`` has the values of all this, and addresses as they are typed;
``endpoint_list`` is the list of those that the user, or an administrator (``shared_endpoints``),
has added, and ``endpoint_jobs`` has their tests and changes, for the window. ``remote_parts`` puts
the list, these and the backend together.

Nothing of a conversation leaves this computer but by `RemoteBackend.stream`.
"""
