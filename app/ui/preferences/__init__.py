"""The preferences: a dialog with pages.

::

    preferences_controller   opens them and applies every change
    preferences_dialog       the dialog with its list of pages
    page_search              the search in it
    general_page             the window's settings
    chats_page               settings of all chats
    chat_page                settings of the chat that is shown
    presets_page             presets, each edited in a `preset_form`; `tool_switches` are those
                             of its tools
    tools_page               Python, what can be searched, MCP servers, and what the user allows
    sources_controller       folders and encyclopaedias, which are listed in a `sources_part` and
                             shown in a `source_dialog`
    web_search_controller    the search engine for the web, which is chosen in a `web_search_part`
    mcp_servers_controller   what the user does with MCP servers: added in an
                             `add_mcp_server_dialog`, switched on in an `mcp_server_review`, shown
                             with their functions in an `mcp_server_dialog`;
                             `import_mcp_servers_dialog` has those of other programs
    local_server_page        the local server: `served_requests` that it answers now, texts for
                             other apps in a `snippets_part`; `local_server_controller` does what
                             the user does there
    data_page                the user's data; its backups in `backup_pane`
    hub_page                 the token for Hugging Face, and a mirror's address
    removal_dialog           removing the user's data
    memory_page              how the model is run: its `context_field` and `gpu_cards`, a
                             `memory_bar` with the memory needed, a `speed_line`, and a `hint_note`
                             with what to do
    diagnosis_page           what was found on this computer, in words of `diagnosis_controller`
    sampling_fields          fields for sampling
    about_page               versions and licences, with a `component_list`

Pages do not depend on the host: they are given values and emit signals.
"""
