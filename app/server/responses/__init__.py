"""OpenAI's Responses, as a dialect.

::

    responses_dialect   the endpoint
    response_request    the request's members, but for those below
    response_tools      the client's tools, as functions, and back; `free_text` of the custom ones
    input_items         the conversation, as messages
    output_items        the answer's items, as objects
    responses_reply     the answer, whole and as events
    stored_responses    what ``previous_response_id`` goes on from, in memory
"""
