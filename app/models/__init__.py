"""The models on this disk and on the Hugging Face hub.

::

    catalog           the offered models, and the values that describe a model on the hub
    hub_search        search of the hub, and listing of a repository; `hub` in the background
    disk_scan         the models on this disk, whichever program downloaded them
    file_operations   removing and moving them; `model_library` in the background
    downloads         the queue of downloads (`queue_store` preserves it over a kill; publishes
                      `download_events` with `download_progress`); `download_access` opens it late
    model_download    one entry of the queue: all parts of a model, wherever they are on the hub now
                      (`hub_locator`), despite full disks and missing drives (`mount_point`)
    file_download     one file: its threads (`transfer`, `retries`, `timeouts`), requests
                      (`hub_requests`), bytes (`partial_file`) and place in huggingface_hub's cache
                      (`cache_path`)
"""
