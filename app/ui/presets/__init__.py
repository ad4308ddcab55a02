"""The preset of the chat that is shown. Presets are edited in the preferences.

::

    preset_picker      the button
    preset_controller  its menu, and applying a preset
"""
