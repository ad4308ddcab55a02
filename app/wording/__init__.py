"""The sentences shown to the user, made from values of all packages, without Qt.

::

    language         the language, and `tr`
    quantities       sizes, shares, times, dates
    efforts          the names of the efforts
    demo_words       the demo model's name, and good first questions
    diagnosis        what was found on this computer, and what was chosen
    answers_at_once  how many answers are generated at a time, and what that costs
    queue_words      waiting for other answers
    graphics         what is wrong with its GPUs and drivers, and what to do
    gpu_hint         of all that, the one thing to do; `gpu_use` says why a plan leaves a GPU out
    gpu_build        a GPU library that is being compiled
    gpu_trouble      a GPU that was lost, or whose library cannot be loaded
    measured_speeds  how fast this computer is
    slow_answer      an answer that was slower than that
    recommendation   which model to recommend, by what `diagnosis` says of each
    download_status  how far a download is, and what it waits for
    tool_settings    the tools that can be switched on: names, states, costs
    tool_words       calls of tools and questions about them; `browser_words` those of the browser,
                     `mcp_words` MCP servers, `sandbox` Python's box
    source_words     folders and encyclopaedias: their status, what they take
    web_words        the search engine: what is sent where, what came of a search
    citation_words   citations and their sources
    answered_by      where a chat's answers are generated; `departure_words` what leaves this
                     computer for that, `endpoint_words` the list of models on other computers
    connection_words what the connections of the log were for
    policy_words     what an administrator has decided, and the files that say so
    serving_words    the local server: its requests and its state; `client_snippets` sets other
                     programs up for it
    brief_text       any text of others on one line, and short
    errors           any error to a sentence and actions (`explanation`), with modules by package:
                     model_errors, engine_errors, remote_errors, serving_errors, store_errors,
                     network_errors, exchange_errors, document_errors, mcp_errors, python_errors,
                     source_errors

``README.md`` has the terms.
"""
