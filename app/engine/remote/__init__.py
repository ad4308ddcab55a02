"""Models behind endpoints that speak OpenAI's API: of vLLM, Ollama, llama-server and others.

``remote_backend`` is the `Backend` of such models. It sends a request as a ``chat_request``, or as
a ``responses_request`` where that is the only way to the reasoning, through
`app.network.endpoint_client`, reads what comes by ``chat_stream`` or ``responses_stream`` as
``wire_events``, out of plain text where a server does no more (``unparsed_answer``), and makes an
answer of them (``remote_answer``). How servers differ is data, in ``server_dialect``;
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
