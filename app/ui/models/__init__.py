"""The models page, and the menu to choose a model.

::

    model_picker_controller   the menu, and the page's place in the window
    load_recovery_controller  what can be done about a model that could not be loaded
    models_controller         creates the page and forwards its actions to the host
    models_page               the page, of four panes:
    download_pane             which model: the recommended one and the others, each in a `card`
                              with its `details`; `hub_search_pane`
    installed_pane            the models on this disk
    remote_pane               the models on other computers: an `endpoint_row` for each, the
                              `endpoint_form` to add one, and what is found on this computer
    endpoint_controller       tests them, and changes their list; `endpoint_key_dialog`
    network_pane              network settings, and the log of connections
    download_controller       keeps every `download_row` and the `download_bar` up to date
    download_bar              downloads in the sidebar's foot, and the model that is ready
    gpu_build_card            the graphics card that is being set up, in the sidebar, by
                              `gpu_build_controller`
    cancel_menu               whether to keep a partial download

The models themselves are in `app.ui.state`.
"""
