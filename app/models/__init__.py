"""The models on this disk and on the Hugging Face hub.

::

    catalog           what is offered, and the values that describe a model on the hub
    hub_search        what else the hub has, and what a repository contains now
    library           what is on this disk, whichever program brought it
    file_operations   removes and moves that
    downloads         the queue of downloads (`queue_store` remembers it over a kill; publishes
                      `download_events` with `download_progress`)
    model_download    one entry of the queue: all parts of a model, wherever they are on the hub now
                      (`locate`), over full disks and missing drives (`mount_point`)
    file_download     one file: its threads (`transfer`, `retries`), requests (`hub_requests`),
                      bytes (`partial_file`) and place in huggingface_hub's cache (`cache_path`)
"""
