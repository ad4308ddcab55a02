<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source> MB/s</source>
        <translation> MB/s</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Tokens</translation>
    </message>
    <message numerus="yes">
        <source>%Ln character(s)</source>
        <translation>
            <numerusform>%Ln Zeichen</numerusform>
            <numerusform>%Ln Zeichen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s)</source>
        <translation>
            <numerusform>%Ln Chat</numerusform>
            <numerusform>%Ln Chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) are back among the others</source>
        <translation>
            <numerusform>%Ln Chat ist wieder bei den anderen</numerusform>
            <numerusform>%Ln Chats sind wieder bei den anderen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) so far. Nothing is imported yet.</source>
        <translation>
            <numerusform>Bisher %Ln Chat. Noch ist nichts importiert.</numerusform>
            <numerusform>Bisher %Ln Chats. Noch ist nichts importiert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) without a message</source>
        <translation>
            <numerusform>%Ln Chat ohne Nachricht</numerusform>
            <numerusform>%Ln Chats ohne Nachricht</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s). Each is removed {days} days after its deletion.</source>
        <translation>
            <numerusform>%Ln Chat. Er wird {days} Tage nach dem Löschen endgültig entfernt.</numerusform>
            <numerusform>%Ln Chats. Jeder wird {days} Tage nach dem Löschen endgültig entfernt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s). The search finds what is here, too.</source>
        <translation>
            <numerusform>%Ln Chat. Die Suche findet auch, was hier liegt.</numerusform>
            <numerusform>%Ln Chats. Die Suche findet auch, was hier liegt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln citation(s)</source>
        <translation>
            <numerusform>%Ln Quellenangabe</numerusform>
            <numerusform>%Ln Quellenangaben</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln day(s) ago</source>
        <translation>
            <numerusform>vor %Ln Tag</numerusform>
            <numerusform>vor %Ln Tagen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln download(s)</source>
        <translation>
            <numerusform>%Ln Download</numerusform>
            <numerusform>%Ln Downloads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s)</source>
        <translation>
            <numerusform>%Ln Datei</numerusform>
            <numerusform>%Ln Dateien</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) without chats</source>
        <translation>
            <numerusform>%Ln Datei ohne Chats</numerusform>
            <numerusform>%Ln Dateien ohne Chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln folder name(s)</source>
        <translation>
            <numerusform>%Ln Ordnername</numerusform>
            <numerusform>%Ln Ordnernamen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln hidden message(s)</source>
        <translation>
            <numerusform>%Ln verborgene Nachricht</numerusform>
            <numerusform>%Ln verborgene Nachrichten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln Bild</numerusform>
            <numerusform>%Ln Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln memory note(s)</source>
        <translation>
            <numerusform>%Ln Gedächtnisnotiz</numerusform>
            <numerusform>%Ln Gedächtnisnotizen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s)</source>
        <translation>
            <numerusform>%Ln Nachricht</numerusform>
            <numerusform>%Ln Nachrichten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln note(s)</source>
        <translation>
            <numerusform>%Ln Notiz</numerusform>
            <numerusform>%Ln Notizen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln page(s)</source>
        <translation>
            <numerusform>%Ln Seite</numerusform>
            <numerusform>%Ln Seiten</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln part(s) of an unknown kind</source>
        <translation>
            <numerusform>%Ln Teil unbekannter Art</numerusform>
            <numerusform>%Ln Teile unbekannter Art</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln preset(s) came in.</source>
        <translation>
            <numerusform>%Ln Vorlage übernommen.</numerusform>
            <numerusform>%Ln Vorlagen übernommen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln recording(s)</source>
        <translation>
            <numerusform>%Ln Aufnahme</numerusform>
            <numerusform>%Ln Aufnahmen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s), {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, and Fireside reports nothing.</source>
        <translation>
            <numerusform>%Ln Anfrage, {size} empfangen. Alle stehen in connections.log im Datenordner, und andere gab es nicht: Chats brauchen kein Netzwerk, und Fireside meldet nichts weiter.</numerusform>
            <numerusform>%Ln Anfragen, {size} empfangen. Alle stehen in connections.log im Datenordner, und andere gab es nicht: Chats brauchen kein Netzwerk, und Fireside meldet nichts weiter.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tag(s)</source>
        <translation>
            <numerusform>%Ln Schlagwort</numerusform>
            <numerusform>%Ln Schlagwörter</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation>
            <numerusform>%Ln Token</numerusform>
            <numerusform>%Ln Tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tool call(s)</source>
        <translation>
            <numerusform>%Ln Werkzeugaufruf</numerusform>
            <numerusform>%Ln Werkzeugaufrufe</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable character(s)</source>
        <translation>
            <numerusform>%Ln unlesbares Zeichen</numerusform>
            <numerusform>%Ln unlesbare Zeichen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n byte(s)</source>
        <translation>
            <numerusform>%n Byte</numerusform>
            <numerusform>%n Byte</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation>
            <numerusform>%n Kern</numerusform>
            <numerusform>%n Kerne</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n expert layer(s) on the CPU</source>
        <translation>
            <numerusform>%n Expertenschicht auf der CPU</numerusform>
            <numerusform>%n Expertenschichten auf der CPU</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n found, {runs} of them gpt-oss, says Hugging Face.</source>
        <translation>
            <numerusform>%n gefunden, davon laut Hugging Face {runs} gpt-oss.</numerusform>
            <numerusform>%n gefunden, davon laut Hugging Face {runs} gpt-oss.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n found.</source>
        <translation>
            <numerusform>%n gefunden.</numerusform>
            <numerusform>%n gefunden.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s) on the GPU</source>
        <translation>
            <numerusform>%n Schicht auf der GPU</numerusform>
            <numerusform>%n Schichten auf der GPU</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n model(s) on this computer, {size} in all.</source>
        <translation>
            <numerusform>%n Modell auf diesem Computer, insgesamt {size}.</numerusform>
            <numerusform>%n Modelle auf diesem Computer, insgesamt {size}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n part(s)</source>
        <translation>
            <numerusform>%n Teil</numerusform>
            <numerusform>%n Teile</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thread(s)</source>
        <translation>
            <numerusform>%n Thread</numerusform>
            <numerusform>%n Threads</numerusform>
        </translation>
    </message>
    <message>
        <source>0 to 1</source>
        <translation>0 bis 1</translation>
    </message>
    <message>
        <source>0 to 2</source>
        <translation>0 bis 2</translation>
    </message>
    <message>
        <source>A file of yours</source>
        <translation>Eine eigene Datei</translation>
    </message>
    <message>
        <source>A gpt-oss model in GGUF that is already on this computer. It stays where it is; you can also drop it on this window.</source>
        <translation>Ein gpt-oss-Modell im Format GGUF, das schon auf diesem Computer liegt. Es bleibt, wo es ist; Sie können es auch in dieses Fenster ziehen.</translation>
    </message>
    <message>
        <source>A page for any browser. It needs nothing else, and loads nothing.</source>
        <translation>Eine Seite für jeden Browser. Sie braucht nichts weiter und lädt nichts nach.</translation>
    </message>
    <message>
        <source>A part was damaged on the way. It is looked for and fetched again…</source>
        <translation>Ein Teil wurde unterwegs beschädigt. Er wird gesucht und erneut geholt&#xa0;…</translation>
    </message>
    <message>
        <source>A tiny gpt-oss that comes with Fireside. It knows capitals, times tables, short stories and a little Python: enough to look around.</source>
        <translation>Ein winziges gpt-oss, das mit Fireside kommt. Es kennt Hauptstädte, das Einmaleins, kurze Geschichten und etwas Python und versteht nur Englisch: genug, um sich umzusehen.</translation>
    </message>
    <message>
        <source>A whole number</source>
        <translation>Eine ganze Zahl</translation>
    </message>
    <message>
        <source>Aa</source>
        <comment>letters, on a button</comment>
        <translation>Aa</translation>
    </message>
    <message>
        <source>About Fireside</source>
        <translation>Über Fireside</translation>
    </message>
    <message>
        <source>About Fireside: newer versions, and licences</source>
        <translation>Über Fireside: neuere Versionen und Lizenzen</translation>
    </message>
    <message>
        <source>About Fireside…</source>
        <translation>Über Fireside&#xa0;…</translation>
    </message>
    <message>
        <source>About {tokens} of {all} tokens</source>
        <translation>Etwa {tokens} von {all} Tokens</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen&#xa0;…</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>All automatic</source>
        <translation>Alles automatisch</translation>
    </message>
    <message>
        <source>All chats</source>
        <translation>Alle Chats</translation>
    </message>
    <message>
        <source>All messages are removed, from the backups of your chats, too. This cannot be undone.</source>
        <translation>Alle Nachrichten werden entfernt, auch aus den Sicherungen Ihrer Chats. Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>All {count}</source>
        <translation>Alle {count}</translation>
    </message>
    <message numerus="yes">
        <source>And %Ln more file(s).</source>
        <translation>
            <numerusform>Und %Ln weitere Datei.</numerusform>
            <numerusform>Und %Ln weitere Dateien.</numerusform>
        </translation>
    </message>
    <message>
        <source>Another program is downloading this file.</source>
        <translation>Ein anderes Programm lädt diese Datei gerade herunter.</translation>
    </message>
    <message>
        <source>Another program is using the chats in {place}. Close it and start again.</source>
        <translation>Ein anderes Programm verwendet die Chats in {place}. Beenden Sie es und starten Sie neu.</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Answer finished</source>
        <translation>Antwort fertig</translation>
    </message>
    <message>
        <source>Answer length</source>
        <translation>Antwortlänge</translation>
    </message>
    <message>
        <source>Answer now</source>
        <translation>Jetzt antworten</translation>
    </message>
    <message>
        <source>Answering…</source>
        <translation>Antwortet&#xa0;…</translation>
    </message>
    <message>
        <source>Any</source>
        <translation>Beliebig</translation>
    </message>
    <message>
        <source>Apply and reload the model</source>
        <translation>Anwenden und Modell neu laden</translation>
    </message>
    <message>
        <source>April</source>
        <translation>April</translation>
    </message>
    <message>
        <source>Archive</source>
        <comment>the place</comment>
        <translation>Archiv</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archivieren</translation>
    </message>
    <message numerus="yes">
        <source>Archive %Ln chat(s)</source>
        <translation>
            <numerusform>%Ln Chat archivieren</numerusform>
            <numerusform>%Ln Chats archivieren</numerusform>
        </translation>
    </message>
    <message>
        <source>Archive and bin</source>
        <translation>Archiv und Papierkorb</translation>
    </message>
    <message>
        <source>Archive the chat</source>
        <translation>Chat archivieren</translation>
    </message>
    <message numerus="yes">
        <source>Archived %Ln chat(s)</source>
        <translation>
            <numerusform>%Ln Chat archiviert</numerusform>
            <numerusform>%Ln Chats archiviert</numerusform>
        </translation>
    </message>
    <message>
        <source>Archived “{title}”</source>
        <translation>„{title}“ archiviert</translation>
    </message>
    <message>
        <source>Ask GitHub for the newest version</source>
        <translation>GitHub nach der neuesten Version fragen</translation>
    </message>
    <message>
        <source>Ask anything…</source>
        <translation>Fragen Sie etwas&#xa0;…</translation>
    </message>
    <message>
        <source>Ask: {text}</source>
        <translation>Fragen: {text}</translation>
    </message>
    <message>
        <source>Asking GitHub…</source>
        <translation>GitHub wird gefragt&#xa0;…</translation>
    </message>
    <message>
        <source>Asking Hugging Face for the file…</source>
        <translation>Die Datei wird bei Hugging Face angefragt&#xa0;…</translation>
    </message>
    <message>
        <source>Asking…</source>
        <translation>Wird angefragt&#xa0;…</translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation>Dateien anhängen</translation>
    </message>
    <message>
        <source>Attach files…</source>
        <translation>Dateien anhängen&#xa0;…</translation>
    </message>
    <message>
        <source>Attach pages {some}</source>
        <translation>Seiten {some} anhängen</translation>
    </message>
    <message>
        <source>Attach this part</source>
        <translation>Diesen Teil anhängen</translation>
    </message>
    <message>
        <source>Attach what fits</source>
        <translation>Anhängen, was passt</translation>
    </message>
    <message>
        <source>Attached: {name}</source>
        <translation>Anhang: {name}</translation>
    </message>
    <message>
        <source>August</source>
        <translation>August</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Automatic: {chosen}</source>
        <translation>Automatisch: {chosen}</translation>
    </message>
    <message>
        <source>Back to the chat</source>
        <translation>Zurück zum Chat</translation>
    </message>
    <message>
        <source>Back to the chats</source>
        <translation>Zurück zu den Chats</translation>
    </message>
    <message>
        <source>Back to the values that the model was made for</source>
        <translation>Zurück zu den Werten, für die das Modell gemacht ist</translation>
    </message>
    <message>
        <source>Back up now</source>
        <translation>Jetzt sichern</translation>
    </message>
    <message>
        <source>Backends</source>
        <translation>Backends</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sicherungen</translation>
    </message>
    <message>
        <source>Begins without chats. The damaged file is put aside in the same folder.</source>
        <translation>Beginnt ohne Chats. Die beschädigte Datei wird im selben Ordner zur Seite gelegt.</translation>
    </message>
    <message>
        <source>Bin</source>
        <translation>Papierkorb</translation>
    </message>
    <message>
        <source>Branches</source>
        <translation>Zweige</translation>
    </message>
    <message>
        <source>Break the line</source>
        <translation>Neue Zeile beginnen</translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation>Puffer</translation>
    </message>
    <message>
        <source>Cache</source>
        <translation>Cache</translation>
    </message>
    <message>
        <source>Call to {recipient}</source>
        <translation>Aufruf an {recipient}</translation>
    </message>
    <message>
        <source>Call to {recipient}: {new}</source>
        <translation>Aufruf an {recipient}: {new}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel the download of {name}</source>
        <translation>Download von {name} abbrechen</translation>
    </message>
    <message>
        <source>Certificates are checked against those of the system.</source>
        <translation>Zertifikate werden gegen die des Systems geprüft.</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Chats (*.json *.jsonl *.zip);;All files (*)</source>
        <translation>Chats (*.json *.jsonl *.zip);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Chats and settings are kept in this folder.</source>
        <translation>Chats und Einstellungen liegen in diesem Ordner.</translation>
    </message>
    <message>
        <source>Check for a new version</source>
        <translation>Nach neuer Version suchen</translation>
    </message>
    <message>
        <source>Checking what has arrived…</source>
        <translation>Was angekommen ist, wird geprüft&#xa0;…</translation>
    </message>
    <message>
        <source>Choose a backup with the arrow keys</source>
        <translation>Sicherung mit den Pfeiltasten wählen</translation>
    </message>
    <message>
        <source>Choose a folder with models</source>
        <translation>Ordner mit Modellen wählen</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Modell wählen</translation>
    </message>
    <message>
        <source>Choose a model to see what it takes.</source>
        <translation>Wählen Sie ein Modell, um zu sehen, was es braucht.</translation>
    </message>
    <message>
        <source>Choose a page with the arrow keys</source>
        <translation>Seite mit den Pfeiltasten wählen</translation>
    </message>
    <message>
        <source>Choose a part of it</source>
        <translation>Einen Teil davon wählen</translation>
    </message>
    <message>
        <source>Choose a preset</source>
        <translation>Vorlage wählen</translation>
    </message>
    <message>
        <source>Choose one with the arrow keys</source>
        <translation>Mit den Pfeiltasten wählen</translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation>Ordner wählen</translation>
    </message>
    <message>
        <source>Choose where downloads go</source>
        <translation>Ordner für Downloads wählen</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen&#xa0;…</translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation>Gewählt</translation>
    </message>
    <message>
        <source>Chosen along with it, where it is here.</source>
        <translation>Wird mitgewählt, wenn es hier vorhanden ist.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Close Fireside; everything stays as it is</source>
        <translation>Fireside schließen; alles bleibt, wie es ist</translation>
    </message>
    <message>
        <source>Close folder</source>
        <translation>Ordner zuklappen</translation>
    </message>
    <message>
        <source>Close the search</source>
        <translation>Suche schließen</translation>
    </message>
    <message>
        <source>Compact</source>
        <translation>Kompakt</translation>
    </message>
    <message>
        <source>Compact takes half, for nearly the same answers.</source>
        <translation>Kompakt braucht die Hälfte, bei fast gleichen Antworten.</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Context: {used} tokens used, {context} in all</source>
        <translation>Kontext: {used} von {context} Tokens belegt</translation>
    </message>
    <message>
        <source>Context: {used} tokens used, {reserved} kept for the answer, {context} in all</source>
        <translation>Kontext: {used} von {context} Tokens belegt, {reserved} für die Antwort frei gehalten</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy as</source>
        <translation>Kopieren als</translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation>Als Markdown kopieren</translation>
    </message>
    <message>
        <source>Copy as plain text</source>
        <translation>Als reinen Text kopieren</translation>
    </message>
    <message>
        <source>Copy the diagnosis</source>
        <translation>Diagnose kopieren</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Letzte Antwort kopieren</translation>
    </message>
    <message>
        <source>Copy this answer</source>
        <translation>Diese Antwort kopieren</translation>
    </message>
    <message>
        <source>Copy this code</source>
        <translation>Diesen Code kopieren</translation>
    </message>
    <message>
        <source>Copy this message</source>
        <translation>Diese Nachricht kopieren</translation>
    </message>
    <message>
        <source>Copy this table</source>
        <translation>Diese Tabelle kopieren</translation>
    </message>
    <message>
        <source>Copy this table as CSV</source>
        <translation>Diese Tabelle als CSV kopieren</translation>
    </message>
    <message>
        <source>Copy what is selected</source>
        <translation>Auswahl kopieren</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Dark colours</source>
        <translation>Dunkle Farben</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Datenordner</translation>
    </message>
    <message>
        <source>December</source>
        <translation>Dezember</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln chat(s)</source>
        <translation>
            <numerusform>%Ln Chat löschen</numerusform>
            <numerusform>%Ln Chats löschen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln chat(s) for good?</source>
        <translation>
            <numerusform>%Ln Chat endgültig löschen?</numerusform>
            <numerusform>%Ln Chats endgültig löschen?</numerusform>
        </translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>Endgültig löschen</translation>
    </message>
    <message>
        <source>Delete for good…</source>
        <translation>Endgültig löschen&#xa0;…</translation>
    </message>
    <message>
        <source>Delete the chat</source>
        <translation>Chat löschen</translation>
    </message>
    <message>
        <source>Delete the preset</source>
        <translation>Vorlage löschen</translation>
    </message>
    <message>
        <source>Delete what has arrived</source>
        <translation>Angekommenes löschen</translation>
    </message>
    <message>
        <source>Deleted</source>
        <comment>when</comment>
        <translation>Gelöscht</translation>
    </message>
    <message numerus="yes">
        <source>Deleted %Ln chat(s)</source>
        <translation>
            <numerusform>%Ln Chat gelöscht</numerusform>
            <numerusform>%Ln Chats gelöscht</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Deleted %Ln preset(s)</source>
        <translation>
            <numerusform>%Ln Vorlage gelöscht</numerusform>
            <numerusform>%Ln Vorlagen gelöscht</numerusform>
        </translation>
    </message>
    <message>
        <source>Deleted “{title}”</source>
        <translation>„{title}“ gelöscht</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Einzelheiten</translation>
    </message>
    <message>
        <source>Diagnosis</source>
        <translation>Diagnose</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Dissolve folder, keep its chats</source>
        <translation>Ordner auflösen, Chats behalten</translation>
    </message>
    <message>
        <source>Do not send this message</source>
        <translation>Diese Nachricht nicht senden</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download folder</source>
        <translation>Ordner für Downloads</translation>
    </message>
    <message>
        <source>Download of {name}</source>
        <translation>Download von {name}</translation>
    </message>
    <message>
        <source>Download {name}</source>
        <translation>{name} herunterladen</translation>
    </message>
    <message>
        <source>Duplicate the preset</source>
        <translation>Vorlage duplizieren</translation>
    </message>
    <message>
        <source>Each chat is a file, in a folder of that name.</source>
        <translation>Jeder Chat wird eine Datei, in einem Ordner dieses Namens.</translation>
    </message>
    <message>
        <source>Each new chat begins with this.</source>
        <translation>Jeder neue Chat beginnt damit.</translation>
    </message>
    <message>
        <source>Edit the last question</source>
        <translation>Letzte Frage bearbeiten</translation>
    </message>
    <message>
        <source>Edit this message</source>
        <translation>Diese Nachricht bearbeiten</translation>
    </message>
    <message>
        <source>Edit this message and ask again</source>
        <translation>Diese Nachricht bearbeiten und neu fragen</translation>
    </message>
    <message>
        <source>Edit what waits</source>
        <translation>Wartende Nachricht bearbeiten</translation>
    </message>
    <message>
        <source>Editing an earlier message; both versions are kept.</source>
        <translation>Eine frühere Nachricht wird bearbeitet; beide Fassungen bleiben erhalten.</translation>
    </message>
    <message>
        <source>Effort</source>
        <translation>Aufwand</translation>
    </message>
    <message>
        <source>Effort: high</source>
        <translation>Aufwand: hoch</translation>
    </message>
    <message>
        <source>Effort: low</source>
        <translation>Aufwand: niedrig</translation>
    </message>
    <message>
        <source>Effort: medium</source>
        <translation>Aufwand: mittel</translation>
    </message>
    <message>
        <source>Empty the bin…</source>
        <translation>Leeren&#xa0;…</translation>
    </message>
    <message>
        <source>Empty: the general ones.</source>
        <translation>Leer: die allgemeinen.</translation>
    </message>
    <message>
        <source>Every connection that Fireside made</source>
        <translation>Jede Verbindung, die Fireside hergestellt hat</translation>
    </message>
    <message>
        <source>Everything runs on this computer. Choose a model to begin.</source>
        <translation>Alles läuft auf diesem Computer. Wählen Sie ein Modell, um zu beginnen.</translation>
    </message>
    <message>
        <source>Everything: all branches, reasoning and figures. Fireside reads it back.</source>
        <translation>Alles: sämtliche Zweige, Gedankengänge und Zahlen. Fireside kann es wieder einlesen.</translation>
    </message>
    <message>
        <source>Experts on the processor</source>
        <translation>Experten auf dem Prozessor</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message numerus="yes">
        <source>Export %Ln chat(s)…</source>
        <translation>
            <numerusform>%Ln Chat exportieren&#xa0;…</numerusform>
            <numerusform>%Ln Chats exportieren&#xa0;…</numerusform>
        </translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>Alle Chats exportieren</translation>
    </message>
    <message>
        <source>Export all chats to a file</source>
        <translation>Alle Chats in eine Datei exportieren</translation>
    </message>
    <message>
        <source>Export all chats…</source>
        <translation>Alle Chats exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>Export all presets to a file</source>
        <translation>Alle Vorlagen in eine Datei exportieren</translation>
    </message>
    <message>
        <source>Export all…</source>
        <translation>Alle exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>Export and import</source>
        <translation>Exportieren und importieren</translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation>Vorlagen exportieren</translation>
    </message>
    <message>
        <source>Export the chat…</source>
        <translation>Chat exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>Export this preset to a file</source>
        <translation>Diese Vorlage in eine Datei exportieren</translation>
    </message>
    <message>
        <source>Export {count}</source>
        <translation>{count} exportieren</translation>
    </message>
    <message>
        <source>Export “{title}”</source>
        <translation>„{title}“ exportieren</translation>
    </message>
    <message>
        <source>Exported to {path}: {what}</source>
        <translation>Nach {path} exportiert: {what}</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>February</source>
        <translation>Februar</translation>
    </message>
    <message>
        <source>Filter by title</source>
        <translation>Nach Titel filtern</translation>
    </message>
    <message>
        <source>Filter the list of chats</source>
        <translation>Chatliste filtern</translation>
    </message>
    <message>
        <source>Find in the chat</source>
        <translation>Im Chat suchen</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>In diesem Chat suchen</translation>
    </message>
    <message>
        <source>Fireside</source>
        <translation>Fireside</translation>
    </message>
    <message>
        <source>Fireside chats</source>
        <translation>Fireside-Chats</translation>
    </message>
    <message>
        <source>Fireside did not download it: it is in a folder of yours, and other programs may use it.</source>
        <translation>Fireside hat es nicht heruntergeladen: Es liegt in einem Ihrer Ordner, und andere Programme verwenden es vielleicht.</translation>
    </message>
    <message>
        <source>Fireside did not download it: it is in the folder of {owner}, and other programs may use it.</source>
        <translation>Fireside hat es nicht heruntergeladen: Es liegt im Ordner von {owner}, und andere Programme verwenden es vielleicht.</translation>
    </message>
    <message>
        <source>Fireside first makes another backup, of all chats as they are now, so that you can come back to them. Then it closes them and opens this one.</source>
        <translation>Fireside legt zuerst noch eine Sicherung aller Chats an, wie sie jetzt sind, damit Sie zu ihnen zurückkehren können. Dann schließt es sie und öffnet diese.</translation>
    </message>
    <message>
        <source>Fireside is offline, as you chose. It opens no connection.</source>
        <translation>Fireside ist offline, wie Sie es gewählt haben. Es öffnet keine Verbindung.</translation>
    </message>
    <message>
        <source>Fireside is offline, as you chose. Switch that off on the models page (Network) to search and download.</source>
        <translation>Fireside ist offline, wie Sie es gewählt haben. Schalten Sie das auf der Modellseite (Netzwerk) aus, um zu suchen und herunterzuladen.</translation>
    </message>
    <message>
        <source>Fireside itself comes under the Apache License 2.0. Qt is used under the LGPL: its libraries are files of their own, which you may replace.</source>
        <translation>Fireside selbst steht unter der Apache-Lizenz 2.0. Qt wird unter der LGPL verwendet: Seine Bibliotheken sind eigene Dateien, die Sie ersetzen dürfen.</translation>
    </message>
    <message>
        <source>Fireside looks for a newer version only when you ask it to.</source>
        <translation>Fireside sucht nur dann nach einer neueren Version, wenn Sie es wünschen.</translation>
    </message>
    <message>
        <source>Fireside looks in the folders of Hugging Face, LM Studio, Ollama, Jan and llama.cpp, and in these. Models are used where they are; nothing is copied.</source>
        <translation>Fireside sucht in den Ordnern von Hugging Face, LM Studio, Ollama, Jan und llama.cpp und in diesen hier. Modelle werden dort verwendet, wo sie sind; nichts wird kopiert.</translation>
    </message>
    <message>
        <source>Fireside makes a backup of the chats every day, and keeps those of the last seven days on which it ran.</source>
        <translation>Fireside legt jeden Tag eine Sicherung der Chats an und behält die der letzten sieben Tage, an denen es lief.</translation>
    </message>
    <message>
        <source>Fireside may not write in {path} ({reason}), so nothing is downloaded. Check who may write there.</source>
        <translation>Fireside darf in {path} nicht schreiben ({reason}), also wird nichts heruntergeladen. Prüfen Sie, wer dort schreiben darf.</translation>
    </message>
    <message>
        <source>Fireside may not write in {place}. Check who may write in this folder, and the disk.</source>
        <translation>Fireside darf in {place} nicht schreiben. Prüfen Sie, wer in diesem Ordner schreiben darf, und den Datenträger.</translation>
    </message>
    <message>
        <source>Fireside speaks it from its next start on.</source>
        <translation>Fireside spricht sie ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>Fireside then opens no connection at all. Chats need none.</source>
        <translation>Fireside öffnet dann gar keine Verbindung. Chats brauchen keine.</translation>
    </message>
    <message>
        <source>Fireside {version} is there.</source>
        <translation>Fireside {version} ist da.</translation>
    </message>
    <message>
        <source>First token after {first_token_s} s</source>
        <translation>Erstes Token nach {first_token_s}&#xa0;s</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, closed, %Ln chat(s)</source>
        <translation>
            <numerusform>Ordner {name}, zugeklappt, %Ln Chat</numerusform>
            <numerusform>Ordner {name}, zugeklappt, %Ln Chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, open, %Ln chat(s)</source>
        <translation>
            <numerusform>Ordner {name}, aufgeklappt, %Ln Chat</numerusform>
            <numerusform>Ordner {name}, aufgeklappt, %Ln Chats</numerusform>
        </translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Folders of yours</source>
        <translation>Eigene Ordner</translation>
    </message>
    <message>
        <source>For downloads on a metered or shared connection.</source>
        <translation>Für Downloads über eine begrenzte oder geteilte Verbindung.</translation>
    </message>
    <message>
        <source>For example: Answer briefly.</source>
        <translation>Zum Beispiel: Antworte kurz.</translation>
    </message>
    <message>
        <source>For new chats</source>
        <translation>Für neue Chats</translation>
    </message>
    <message>
        <source>For the new chat only.</source>
        <translation>Nur für den neuen Chat.</translation>
    </message>
    <message>
        <source>For “{title}” only, from its next answer on.</source>
        <translation>Nur für „{title}“, ab der nächsten Antwort.</translation>
    </message>
    <message>
        <source>Form</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Frei</translation>
    </message>
    <message>
        <source>From {sources}.</source>
        <translation>Aus {sources}.</translation>
    </message>
    <message>
        <source>Full</source>
        <translation>Voll</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf);;All files (*)</source>
        <translation>GGUF-Modelle (*.gguf);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Generated: {generated} tokens, {reasoning_tokens} of them reasoning</source>
        <translation>Erzeugt: {generated} Tokens, davon {reasoning_tokens} für den Gedankengang</translation>
    </message>
    <message>
        <source>Get a model</source>
        <translation>Modell holen</translation>
    </message>
    <message>
        <source>Get a model…</source>
        <translation>Modell holen&#xa0;…</translation>
    </message>
    <message>
        <source>Go online</source>
        <translation>Online gehen</translation>
    </message>
    <message>
        <source>HF_TOKEN is set, for models that ask for consent.</source>
        <translation>HF_TOKEN ist gesetzt, für Modelle, die Zustimmung verlangen.</translation>
    </message>
    <message>
        <source>Here already</source>
        <translation>Schon da</translation>
    </message>
    <message numerus="yes">
        <source>Here already: %Ln preset(s).</source>
        <translation>
            <numerusform>Schon vorhanden: %Ln Vorlage.</numerusform>
            <numerusform>Schon vorhanden: %Ln Vorlagen.</numerusform>
        </translation>
    </message>
    <message>
        <source>Hide the side bar</source>
        <translation>Seitenleiste ausblenden</translation>
    </message>
    <message>
        <source>High</source>
        <translation>Hoch</translation>
    </message>
    <message>
        <source>High effort</source>
        <translation>Hoher Aufwand</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>How freely words are chosen. At 0 it is always the likeliest.</source>
        <translation>Wie frei Wörter gewählt werden. Bei 0 ist es immer das wahrscheinlichste.</translation>
    </message>
    <message>
        <source>How long the model thinks.</source>
        <translation>Wie lange das Modell nachdenkt.</translation>
    </message>
    <message>
        <source>How much disk it may take</source>
        <translation>Wie viel Platz es einnehmen darf</translation>
    </message>
    <message>
        <source>How much has arrived</source>
        <translation>Wie viel angekommen ist</translation>
    </message>
    <message>
        <source>How much has been moved</source>
        <translation>Wie viel verschoben ist</translation>
    </message>
    <message>
        <source>How much is exported</source>
        <translation>Wie viel exportiert ist</translation>
    </message>
    <message>
        <source>How much is imported</source>
        <translation>Wie viel importiert ist</translation>
    </message>
    <message>
        <source>How much of a chat the model sees</source>
        <translation>Wie viel von einem Chat das Modell sieht</translation>
    </message>
    <message>
        <source>How much of a chat the model sees, in tokens.</source>
        <translation>Wie viel von einem Chat das Modell sieht, in Tokens.</translation>
    </message>
    <message>
        <source>How much of its beginning?</source>
        <translation>Wie viel vom Anfang?</translation>
    </message>
    <message>
        <source>How much of the model the GPU runs</source>
        <translation>Wie viel vom Modell die GPU ausführt</translation>
    </message>
    <message>
        <source>How much of the prompt the model has read</source>
        <translation>Wie viel der Eingabe das Modell gelesen hat</translation>
    </message>
    <message>
        <source>How words are drawn.</source>
        <translation>Wie Wörter gezogen werden.</translation>
    </message>
    <message>
        <source>Hugging Face cannot be reached ({reason}). Check the connection, or try again later.</source>
        <translation>Hugging Face ist nicht erreichbar ({reason}). Prüfen Sie die Verbindung oder versuchen Sie es später noch einmal.</translation>
    </message>
    <message>
        <source>Hugging Face does not give out “{name}” (status {status}). Accept the terms of {repository} on its web page, and set HF_TOKEN to a token of yours.</source>
        <translation>Hugging Face gibt „{name}“ nicht heraus (Status {status}). Stimmen Sie den Bedingungen von {repository} auf dessen Webseite zu, und setzen Sie HF_TOKEN auf ein eigenes Zugriffstoken.</translation>
    </message>
    <message>
        <source>Hugging Face does not show “{name}” (status {status}): it is private, or not there, or the token in HF_TOKEN is wrong.</source>
        <translation>Hugging Face zeigt „{name}“ nicht (Status {status}): Es ist privat oder nicht vorhanden, oder das Zugriffstoken in HF_TOKEN ist falsch.</translation>
    </message>
    <message>
        <source>Hugging Face has a fault.</source>
        <translation>Bei Hugging Face gibt es eine Störung.</translation>
    </message>
    <message>
        <source>Hugging Face has another file as “{name}” now than the one that was chosen. Search for it again.</source>
        <translation>Hugging Face hat unter „{name}“ jetzt eine andere Datei als die gewählte. Suchen Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>Hugging Face is busy.</source>
        <translation>Hugging Face ist ausgelastet.</translation>
    </message>
    <message>
        <source>Hugging Face no longer has {name} in {repository}, in any form that Fireside can run. Update Fireside, or choose another version below.</source>
        <translation>Hugging Face hat {name} in {repository} in keiner Form mehr, die Fireside ausführen kann. Aktualisieren Sie Fireside oder wählen Sie unten eine andere Version.</translation>
    </message>
    <message numerus="yes">
        <source>If you send this, the model will no longer see the %Ln oldest message(s) of this chat.</source>
        <translation>
            <numerusform>Wenn Sie das senden, sieht das Modell die %Ln älteste Nachricht dieses Chats nicht mehr.</numerusform>
            <numerusform>Wenn Sie das senden, sieht das Modell die %Ln ältesten Nachrichten dieses Chats nicht mehr.</numerusform>
        </translation>
    </message>
    <message>
        <source>If you send this, the model will no longer see the oldest message of this chat.</source>
        <translation>Wenn Sie das senden, sieht das Modell die älteste Nachricht dieses Chats nicht mehr.</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message numerus="yes">
        <source>Import %Ln chat(s)</source>
        <translation>
            <numerusform>%Ln Chat importieren</numerusform>
            <numerusform>%Ln Chats importieren</numerusform>
        </translation>
    </message>
    <message>
        <source>Import a folder of chats</source>
        <translation>Ordner mit Chats importieren</translation>
    </message>
    <message>
        <source>Import a folder of chats…</source>
        <translation>Ordner mit Chats importieren&#xa0;…</translation>
    </message>
    <message>
        <source>Import a folder…</source>
        <translation>Ordner importieren&#xa0;…</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Chats importieren</translation>
    </message>
    <message>
        <source>Import chats from a folder</source>
        <translation>Chats aus einem Ordner importieren</translation>
    </message>
    <message>
        <source>Import chats from files</source>
        <translation>Chats aus Dateien importieren</translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation>Chats importieren&#xa0;…</translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation>Vorlagen importieren</translation>
    </message>
    <message>
        <source>Import presets from a file</source>
        <translation>Vorlagen aus einer Datei importieren</translation>
    </message>
    <message>
        <source>Imported {chats} with {messages} from {source}.</source>
        <translation>{chats} mit {messages} aus {source} importiert.</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren&#xa0;…</translation>
    </message>
    <message>
        <source>In memory</source>
        <translation>Im Speicher</translation>
    </message>
    <message>
        <source>In the conversation</source>
        <translation>In der Unterhaltung</translation>
    </message>
    <message>
        <source>In the list of chats</source>
        <translation>In der Chatliste</translation>
    </message>
    <message>
        <source>In tokens, with the reasoning. Open: until the context is full.</source>
        <translation>In Tokens, samt Gedankengang. Offen: bis der Kontext voll ist.</translation>
    </message>
    <message>
        <source>Instructions</source>
        <translation>Anweisungen</translation>
    </message>
    <message>
        <source>Instructions for this chat</source>
        <translation>Anweisungen für diesen Chat</translation>
    </message>
    <message>
        <source>Instructions for this chat…</source>
        <translation>Anweisungen für diesen Chat&#xa0;…</translation>
    </message>
    <message>
        <source>Instructions to the model</source>
        <translation>Anweisungen an das Modell</translation>
    </message>
    <message>
        <source>It does not fit this computer: it needs {needed} of memory, and there is {memory}.</source>
        <translation>Es passt nicht auf diesen Computer: Es braucht {needed} Speicher, und vorhanden sind {memory}.</translation>
    </message>
    <message>
        <source>It fits this computer: {summary}.</source>
        <translation>Es passt auf diesen Computer: {summary}.</translation>
    </message>
    <message>
        <source>It has no model that can be run.</source>
        <translation>Darin ist kein Modell, das Fireside ausführen kann.</translation>
    </message>
    <message>
        <source>It needs more than is free here now: {summary}. Close other programs for it.</source>
        <translation>Es braucht mehr, als hier gerade frei ist: {summary}. Schließen Sie dafür andere Programme.</translation>
    </message>
    <message>
        <source>It waits for the download before it.</source>
        <translation>Es wartet auf den Download davor.</translation>
    </message>
    <message>
        <source>Its own</source>
        <translation>Eigenes</translation>
    </message>
    <message>
        <source>January</source>
        <translation>Januar</translation>
    </message>
    <message>
        <source>July</source>
        <translation>Juli</translation>
    </message>
    <message>
        <source>Jump to the latest</source>
        <translation>Zum Neuesten springen</translation>
    </message>
    <message>
        <source>June</source>
        <translation>Juni</translation>
    </message>
    <message>
        <source>Keep what has arrived</source>
        <translation>Angekommenes behalten</translation>
    </message>
    <message>
        <source>Kept on disk</source>
        <translation>Gelesenes aufbewahren</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Laid out as Hugging Face’s own, so that other programs find the models, too.</source>
        <translation>Aufgebaut wie der von Hugging Face selbst, damit auch andere Programme die Modelle finden.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Größere Schrift</translation>
    </message>
    <message>
        <source>Last used</source>
        <translation>Zuletzt verwendet</translation>
    </message>
    <message>
        <source>Latest chats</source>
        <translation>Neueste Chats</translation>
    </message>
    <message>
        <source>Layers on the GPU</source>
        <translation>Schichten auf der GPU</translation>
    </message>
    <message>
        <source>Leave all of it to Fireside</source>
        <translation>Alles Fireside überlassen</translation>
    </message>
    <message>
        <source>Leave the message as it was</source>
        <translation>Die Nachricht lassen, wie sie war</translation>
    </message>
    <message>
        <source>Leave {called} where it is</source>
        <translation>{called} lassen, wo es ist</translation>
    </message>
    <message>
        <source>Leaves out words far less likely than the likeliest one.</source>
        <translation>Lässt Wörter weg, die viel unwahrscheinlicher sind als das wahrscheinlichste.</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Weggelassen</translation>
    </message>
    <message>
        <source>Left out: {counts}.</source>
        <translation>Weggelassen: {counts}.</translation>
    </message>
    <message>
        <source>Less memory was free than expected, so {name} is run with less: {summary}.</source>
        <translation>Es war weniger Speicher frei als erwartet, also läuft {name} mit weniger: {summary}.</translation>
    </message>
    <message>
        <source>Let Fireside use the network</source>
        <translation>Fireside das Netzwerk verwenden lassen</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Light colours</source>
        <translation>Helle Farben</translation>
    </message>
    <message>
        <source>Link: {text}, {address}</source>
        <translation>Link: {text}, {address}</translation>
    </message>
    <message>
        <source>Load the model anew with these settings</source>
        <translation>Das Modell mit diesen Einstellungen neu laden</translation>
    </message>
    <message>
        <source>Loading {loading}…</source>
        <translation>{loading} wird geladen&#xa0;…</translation>
    </message>
    <message>
        <source>Loading {model} {percent} %</source>
        <translation>{model} wird geladen: {percent}&#xa0;%</translation>
    </message>
    <message>
        <source>Loading {name} {percent} %</source>
        <translation>{name} wird geladen: {percent}&#xa0;%</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Erneut suchen</translation>
    </message>
    <message>
        <source>Look for models again</source>
        <translation>Erneut nach Modellen suchen</translation>
    </message>
    <message>
        <source>Looking at this computer…</source>
        <translation>Dieser Computer wird untersucht&#xa0;…</translation>
    </message>
    <message>
        <source>Looking for models…</source>
        <translation>Modelle werden gesucht&#xa0;…</translation>
    </message>
    <message>
        <source>Low</source>
        <translation>Niedrig</translation>
    </message>
    <message>
        <source>Low effort</source>
        <translation>Niedriger Aufwand</translation>
    </message>
    <message>
        <source>Make a backup of all chats now</source>
        <translation>Jetzt eine Sicherung aller Chats anlegen</translation>
    </message>
    <message>
        <source>Makes a new file of all that can still be read. The damaged file is kept.</source>
        <translation>Macht eine neue Datei aus allem, was noch lesbar ist. Die beschädigte Datei bleibt erhalten.</translation>
    </message>
    <message>
        <source>Manage models…</source>
        <translation>Modelle verwalten&#xa0;…</translation>
    </message>
    <message>
        <source>Manage presets…</source>
        <translation>Vorlagen verwalten&#xa0;…</translation>
    </message>
    <message>
        <source>March</source>
        <translation>März</translation>
    </message>
    <message>
        <source>May</source>
        <translation>Mai</translation>
    </message>
    <message>
        <source>Medium</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>Medium effort</source>
        <translation>Mittlerer Aufwand</translation>
    </message>
    <message>
        <source>Megabytes a second (0: no limit)</source>
        <translation>Megabyte pro Sekunde (0: unbegrenzt)</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Message {first} of {total}</source>
        <translation>Nachricht {first} von {total}</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>Nachrichten</translation>
    </message>
    <message>
        <source>Messages that wait</source>
        <translation>Wartende Nachrichten</translation>
    </message>
    <message>
        <source>Messages {first} to {last} of {total}</source>
        <translation>Nachrichten {first} bis {last} von {total}</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>Modell: {name}</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Models come from huggingface.co; HF_ENDPOINT names a mirror.</source>
        <translation>Modelle kommen von huggingface.co; HF_ENDPOINT nennt einen Spiegelserver.</translation>
    </message>
    <message>
        <source>Models come from {mirror} (HF_ENDPOINT).</source>
        <translation>Modelle kommen von {mirror} (HF_ENDPOINT).</translation>
    </message>
    <message>
        <source>Models that ask for consent need HF_TOKEN.</source>
        <translation>Modelle, die Zustimmung verlangen, brauchen HF_TOKEN.</translation>
    </message>
    <message>
        <source>More on Hugging Face</source>
        <translation>Mehr auf Hugging Face</translation>
    </message>
    <message>
        <source>Move to</source>
        <translation>Verschieben nach</translation>
    </message>
    <message>
        <source>Move to folder</source>
        <translation>In Ordner verschieben</translation>
    </message>
    <message>
        <source>Move {called} to another folder or disk</source>
        <translation>{called} in einen anderen Ordner oder auf einen anderen Datenträger verschieben</translation>
    </message>
    <message numerus="yes">
        <source>Moved %Ln chat(s) to “{folder}”</source>
        <translation>
            <numerusform>%Ln Chat nach „{folder}“ verschoben</numerusform>
            <numerusform>%Ln Chats nach „{folder}“ verschoben</numerusform>
        </translation>
    </message>
    <message>
        <source>Moved “{title}” to “{folder}”</source>
        <translation>„{title}“ nach „{folder}“ verschoben</translation>
    </message>
    <message>
        <source>Move…</source>
        <translation>Verschieben&#xa0;…</translation>
    </message>
    <message>
        <source>Moving {called}</source>
        <translation>{called} wird verschoben</translation>
    </message>
    <message>
        <source>NVIDIA, with the CUDA toolkit</source>
        <translation>NVIDIA, mit dem CUDA-Toolkit</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Name chats</source>
        <translation>Chats benennen</translation>
    </message>
    <message>
        <source>Name of the chat</source>
        <translation>Name des Chats</translation>
    </message>
    <message>
        <source>Name of the folder</source>
        <translation>Name des Ordners</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netzwerk</translation>
    </message>
    <message>
        <source>Never read ahead</source>
        <translation>Nie vorauslesen</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>New chat from here</source>
        <translation>Neuer Chat ab hier</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Neuer Ordner</translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation>Neuer Ordner&#xa0;…</translation>
    </message>
    <message>
        <source>New preset</source>
        <translation>Neue Vorlage</translation>
    </message>
    <message>
        <source>Next place</source>
        <translation>Nächste Fundstelle</translation>
    </message>
    <message>
        <source>No</source>
        <translation>Nein</translation>
    </message>
    <message>
        <source>No chat has these words.</source>
        <translation>Kein Chat enthält diese Wörter.</translation>
    </message>
    <message>
        <source>No connection to Hugging Face.</source>
        <translation>Keine Verbindung zu Hugging Face.</translation>
    </message>
    <message>
        <source>No folder</source>
        <translation>Kein Ordner</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>Unbegrenzt</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Kein Modell</translation>
    </message>
    <message>
        <source>No model was found yet.</source>
        <translation>Noch wurde kein Modell gefunden.</translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation>Noch kein Modell</translation>
    </message>
    <message>
        <source>None</source>
        <comment>of the layers</comment>
        <translation>Keine</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message>
        <source>None so far. Fireside makes none but for a search or a download on this page, and when you have it look for a new version.</source>
        <translation>Bisher keine. Fireside stellt nur für eine Suche oder einen Download auf dieser Seite eine her, und wenn Sie es nach einer neuen Version suchen lassen.</translation>
    </message>
    <message>
        <source>Not even a part of “{name}” fits beside the rest. Remove a file.</source>
        <translation>Neben dem Übrigen passt nicht einmal ein Teil von „{name}“ hinein. Entfernen Sie eine Datei.</translation>
    </message>
    <message>
        <source>Not readable</source>
        <translation>Nicht lesbar</translation>
    </message>
    <message numerus="yes">
        <source>Not readable: %Ln file(s).</source>
        <translation>
            <numerusform>Nicht lesbar: %Ln Datei.</numerusform>
            <numerusform>Nicht lesbar: %Ln Dateien.</numerusform>
        </translation>
    </message>
    <message>
        <source>Not sent yet, since the answer before was not completed</source>
        <translation>Noch nicht gesendet, weil die Antwort davor nicht fertig wurde</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>Nichts</translation>
    </message>
    <message>
        <source>Nothing can be read of them any more. Restore a backup, or start afresh.</source>
        <translation>Von ihnen ist nichts mehr lesbar. Stellen Sie eine Sicherung wieder her, oder beginnen Sie neu.</translation>
    </message>
    <message>
        <source>Nothing has come for a while.</source>
        <translation>Seit einer Weile kommt nichts mehr.</translation>
    </message>
    <message>
        <source>Nothing has these words.</source>
        <translation>Nichts enthält diese Wörter.</translation>
    </message>
    <message>
        <source>Nothing is archived. Archive a chat from its menu in the side bar.</source>
        <translation>Nichts ist archiviert. Einen Chat archivieren Sie über sein Menü in der Seitenleiste.</translation>
    </message>
    <message>
        <source>Nothing is imported yet.</source>
        <translation>Noch ist nichts importiert.</translation>
    </message>
    <message>
        <source>Nothing is left out.</source>
        <translation>Nichts wird weggelassen.</translation>
    </message>
    <message>
        <source>Nothing on Hugging Face matches “{text}”.</source>
        <translation>Auf Hugging Face passt nichts zu „{text}“.</translation>
    </message>
    <message>
        <source>Nothing to import</source>
        <translation>Nichts zu importieren</translation>
    </message>
    <message>
        <source>Nothing was left out.</source>
        <translation>Nichts wurde weggelassen.</translation>
    </message>
    <message>
        <source>November</source>
        <translation>November</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>OK</translation>
    </message>
    <message>
        <source>October</source>
        <translation>Oktober</translation>
    </message>
    <message>
        <source>Of everything that Fireside says.</source>
        <translation>Von allem, was Fireside sagt.</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Offline</translation>
    </message>
    <message>
        <source>On</source>
        <translation>An</translation>
    </message>
    <message>
        <source>On the GPU</source>
        <translation>Auf der GPU</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>Auf diesem Computer</translation>
    </message>
    <message>
        <source>On this computer ({place}).</source>
        <translation>Auf diesem Computer ({place}).</translation>
    </message>
    <message>
        <source>Only the likeliest words, up to this share of all chances.</source>
        <translation>Nur die wahrscheinlichsten Wörter, bis zu diesem Anteil an der gesamten Wahrscheinlichkeit.</translation>
    </message>
    <message>
        <source>Open</source>
        <comment>the length of an answer</comment>
        <translation>Offen</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation>GGUF-Datei öffnen</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>GGUF-Datei öffnen&#xa0;…</translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation>Datei öffnen&#xa0;…</translation>
    </message>
    <message>
        <source>Open a model file…</source>
        <translation>Modelldatei öffnen&#xa0;…</translation>
    </message>
    <message>
        <source>Open folder</source>
        <comment>in the list of chats</comment>
        <translation>Ordner aufklappen</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Open its page</source>
        <translation>Seite öffnen</translation>
    </message>
    <message>
        <source>Open the data folder in the file manager</source>
        <translation>Den Datenordner in der Dateiverwaltung öffnen</translation>
    </message>
    <message>
        <source>Open the page of the new version in the browser</source>
        <translation>Die Seite der neuen Version im Browser öffnen</translation>
    </message>
    <message>
        <source>Open this chat</source>
        <translation>Diesen Chat öffnen</translation>
    </message>
    <message>
        <source>Open {page} in the browser</source>
        <translation>{page} im Browser öffnen</translation>
    </message>
    <message>
        <source>OpenAI’s open model, for real questions. It needs a computer with 16 GB of memory.</source>
        <translation>Das offene Modell von OpenAI, für richtige Fragen. Es braucht einen Computer mit 16&#xa0;GB Speicher.</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>Wird geöffnet&#xa0;…</translation>
    </message>
    <message>
        <source>Opens the chats as they are.</source>
        <translation>Öffnet die Chats, wie sie sind.</translation>
    </message>
    <message>
        <source>Other people’s versions of gpt-oss, larger or smaller. Your words go to Hugging Face when you press Enter.</source>
        <translation>Fassungen von gpt-oss, die andere gemacht haben, größer oder kleiner. Ihre Suchwörter gehen an Hugging Face, sobald Sie die Eingabetaste drücken.</translation>
    </message>
    <message>
        <source>Other programs</source>
        <translation>Andere Programme</translation>
    </message>
    <message>
        <source>Own instructions</source>
        <translation>Eigene Anweisungen</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Pages from 1 to {count}, such as 1-20, 25</source>
        <translation>Seiten von 1 bis {count}, etwa 1-20, 25</translation>
    </message>
    <message>
        <source>Pages to read, print and send.</source>
        <translation>Seiten zum Lesen, Drucken und Verschicken.</translation>
    </message>
    <message>
        <source>Passed over</source>
        <translation>Übergangen</translation>
    </message>
    <message>
        <source>Pasted text</source>
        <translation>Eingefügter Text</translation>
    </message>
    <message>
        <source>Pasted text {number}</source>
        <translation>Eingefügter Text {number}</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Paused at {percent} %. What has arrived is kept.</source>
        <translation>Angehalten bei {percent}&#xa0;%. Was angekommen ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>Peak memory of the model: {size} MB</source>
        <translation>Höchster Speicherbedarf des Modells: {size}&#xa0;MB</translation>
    </message>
    <message>
        <source>Pictures cannot be attached: gpt-oss reads only text.</source>
        <translation>Bilder können nicht angehängt werden: gpt-oss liest nur Text.</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Pin or unpin the chat</source>
        <translation>Chat anheften oder lösen</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Angeheftet</translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation>Reiner Text</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Prepares your next question while you read and type. Never on battery.</source>
        <translation>Bereitet die nächste Frage vor, während Sie lesen und schreiben. Nie im Akkubetrieb.</translation>
    </message>
    <message>
        <source>Preset: {name}</source>
        <translation>Vorlage: {name}</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Vorlagen</translation>
    </message>
    <message>
        <source>Presets (*.json);;All files (*)</source>
        <translation>Vorlagen (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Previous 30 days</source>
        <translation>Letzte 30 Tage</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Previous place</source>
        <translation>Vorige Fundstelle</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>Prompt: {prompt_tokens} tokens, {reused} of them reused</source>
        <translation>Eingabe: {prompt_tokens} Tokens, davon {reused} wiederverwendet</translation>
    </message>
    <message>
        <source>Proxies are those of the system (HTTPS_PROXY).</source>
        <translation>Als Proxy gilt der des Systems (HTTPS_PROXY).</translation>
    </message>
    <message>
        <source>Purpose</source>
        <translation>Zweck</translation>
    </message>
    <message>
        <source>Put into the bin</source>
        <translation>In den Papierkorb legen</translation>
    </message>
    <message>
        <source>Put the backup of {moment} in the place of your chats?</source>
        <translation>Die Sicherung ({moment}) an die Stelle Ihrer Chats setzen?</translation>
    </message>
    <message>
        <source>Put the chosen backup in the place of the chats</source>
        <translation>Die gewählte Sicherung an die Stelle der Chats setzen</translation>
    </message>
    <message>
        <source>Put this text into the message</source>
        <translation>Diesen Text in die Nachricht übernehmen</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufällig</translation>
    </message>
    <message>
        <source>Read ahead</source>
        <translation>Vorauslesen</translation>
    </message>
    <message>
        <source>Read it in another encoding</source>
        <translation>In einer anderen Kodierung lesen</translation>
    </message>
    <message>
        <source>Reading ahead… {percent} %</source>
        <translation>Liest voraus&#xa0;… {percent}&#xa0;%</translation>
    </message>
    <message>
        <source>Reading page {page} of {pages}</source>
        <translation>Seite {page} von {pages} wird gelesen</translation>
    </message>
    <message>
        <source>Reading the prompt</source>
        <translation>Liest die Eingabe</translation>
    </message>
    <message>
        <source>Reading the prompt: {done} of {total} tokens</source>
        <translation>Liest die Eingabe: {done} von {total} Tokens</translation>
    </message>
    <message>
        <source>Reading the prompt: {done} of {total} tokens · about {time} left</source>
        <translation>Liest die Eingabe: {done} von {total} Tokens · noch etwa {time}</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>Liest die Eingabe&#xa0;…</translation>
    </message>
    <message>
        <source>Reading what can be read…</source>
        <translation>Was noch lesbar ist, wird gelesen&#xa0;…</translation>
    </message>
    <message>
        <source>Reading {name}…</source>
        <translation>{name} wird gelesen&#xa0;…</translation>
    </message>
    <message>
        <source>Reading…</source>
        <comment>a file</comment>
        <translation>Wird gelesen&#xa0;…</translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation>Liest&#xa0;…</translation>
    </message>
    <message>
        <source>Really delete {name}?</source>
        <translation>{name} wirklich löschen?</translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation>Gedankengang</translation>
    </message>
    <message>
        <source>Received</source>
        <translation>Empfangen</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>Retten</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove all of the bin for good</source>
        <translation>Alles im Papierkorb endgültig löschen</translation>
    </message>
    <message>
        <source>Remove these chats for good</source>
        <translation>Diese Chats endgültig löschen</translation>
    </message>
    <message>
        <source>Remove {called}</source>
        <translation>{called} entfernen</translation>
    </message>
    <message>
        <source>Remove {name}?</source>
        <translation>{name} entfernen?</translation>
    </message>
    <message>
        <source>Remove “{name}”</source>
        <translation>„{name}“ entfernen</translation>
    </message>
    <message>
        <source>Removed for good</source>
        <translation>Endgültig gelöscht</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen&#xa0;…</translation>
    </message>
    <message numerus="yes">
        <source>Removing %Ln chat(s) for good. This takes some seconds.</source>
        <translation>
            <numerusform>%Ln Chat wird endgültig gelöscht. Das dauert einige Sekunden.</numerusform>
            <numerusform>%Ln Chats werden endgültig gelöscht. Das dauert einige Sekunden.</numerusform>
        </translation>
    </message>
    <message>
        <source>Removing for good</source>
        <translation>Endgültiges Löschen</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Rename folder</source>
        <translation>Ordner umbenennen</translation>
    </message>
    <message>
        <source>Rename the chat</source>
        <translation>Chat umbenennen</translation>
    </message>
    <message>
        <source>Repair…</source>
        <translation>Reparieren&#xa0;…</translation>
    </message>
    <message>
        <source>Reset to the model’s own</source>
        <translation>Auf die Werte des Modells zurücksetzen</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Restore this backup</source>
        <translation>Diese Sicherung wiederherstellen</translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation>Wiederherstellen&#xa0;…</translation>
    </message>
    <message>
        <source>Restoring the backup…</source>
        <translation>Die Sicherung wird wiederhergestellt&#xa0;…</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Treffer</translation>
    </message>
    <message>
        <source>Runs on this computer. Answers may contain mistakes.</source>
        <translation>Läuft auf diesem Computer und kann Fehler machen.</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Sampling</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search Hugging Face</source>
        <translation>Auf Hugging Face suchen</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>Chats durchsuchen</translation>
    </message>
    <message>
        <source>Search chats, messages and commands</source>
        <translation>Chats, Nachrichten und Befehle durchsuchen</translation>
    </message>
    <message>
        <source>Search everything</source>
        <translation>Alles durchsuchen</translation>
    </message>
    <message>
        <source>Search names and licences; Enter goes to the next place</source>
        <translation>Namen und Lizenzen durchsuchen; die Eingabetaste führt zur nächsten Fundstelle</translation>
    </message>
    <message>
        <source>Search the licences</source>
        <translation>Lizenzen durchsuchen</translation>
    </message>
    <message>
        <source>Search the reasoning, too</source>
        <translation>Auch Gedankengänge durchsuchen</translation>
    </message>
    <message>
        <source>Search titles and messages</source>
        <translation>Titel und Nachrichten durchsuchen</translation>
    </message>
    <message>
        <source>Searching for “{text}”…</source>
        <translation>Suche nach „{text}“&#xa0;…</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>Seed: {seed}</source>
        <translation>Startwert: {seed}</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>Auswählen</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
    <message>
        <source>Select everything</source>
        <translation>Alles auswählen</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Send now</source>
        <translation>Jetzt senden</translation>
    </message>
    <message>
        <source>Send the first of them now</source>
        <translation>Die erste davon jetzt senden</translation>
    </message>
    <message>
        <source>Send what waits now</source>
        <translation>Wartende Nachricht jetzt senden</translation>
    </message>
    <message>
        <source>Send when the answer is complete</source>
        <translation>Senden, wenn die Antwort fertig ist</translation>
    </message>
    <message>
        <source>Sent when the answer is complete</source>
        <translation>Wird gesendet, wenn die Antwort fertig ist</translation>
    </message>
    <message>
        <source>Sent with every question of a chat that has this preset</source>
        <translation>Gehen mit jeder Frage eines Chats mit, der diese Vorlage hat</translation>
    </message>
    <message>
        <source>Sent with every question of this chat, in the place of the general ones</source>
        <translation>Gehen mit jeder Frage dieses Chats mit, anstelle der allgemeinen</translation>
    </message>
    <message>
        <source>Sent with every question, in every chat that has none of its own</source>
        <translation>Gehen mit jeder Frage mit, in jedem Chat, der keine eigenen hat</translation>
    </message>
    <message>
        <source>Sent with every question, in every chat that has none of its own.</source>
        <translation>Gehen mit jeder Frage mit, in jedem Chat, der keine eigenen hat.</translation>
    </message>
    <message>
        <source>September</source>
        <translation>September</translation>
    </message>
    <message>
        <source>Show files</source>
        <translation>Dateien zeigen</translation>
    </message>
    <message>
        <source>Show in browser</source>
        <translation>Im Browser zeigen</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Show or hide the reasoning</source>
        <translation>Gedankengang ein- oder ausblenden</translation>
    </message>
    <message>
        <source>Show or hide the side bar</source>
        <translation>Seitenleiste ein- oder ausblenden</translation>
    </message>
    <message>
        <source>Show the files of {name}</source>
        <translation>Die Dateien von {name} zeigen</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>Ordner zeigen</translation>
    </message>
    <message>
        <source>Show the side bar</source>
        <translation>Seitenleiste einblenden</translation>
    </message>
    <message>
        <source>Show the times table of 7.</source>
        <translation>Show the times table of 7.</translation>
    </message>
    <message>
        <source>Show {called} in the file manager</source>
        <translation>{called} in der Dateiverwaltung zeigen</translation>
    </message>
    <message numerus="yes">
        <source>Skipped, as they were here already: %Ln chat(s).</source>
        <translation>
            <numerusform>Übersprungen, da schon vorhanden: %Ln Chat.</numerusform>
            <numerusform>Übersprungen, da schon vorhanden: %Ln Chats.</numerusform>
        </translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Kleinere Schrift</translation>
    </message>
    <message>
        <source>Some of its parts are missing there.</source>
        <translation>Dort fehlen einige Teile davon.</translation>
    </message>
    <message>
        <source>Some settings could not be read and are back to their defaults. The others are unchanged.</source>
        <translation>Einige Einstellungen ließen sich nicht lesen und haben wieder ihre Vorgaben. Die anderen sind unverändert.</translation>
    </message>
    <message>
        <source>Something went wrong that Fireside did not expect ({name}: {error}). Try again.</source>
        <translation>Etwas ging schief, womit Fireside nicht gerechnet hat ({name}: {error}). Versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Speed limit</source>
        <translation>Tempolimit</translation>
    </message>
    <message>
        <source>Speed limit of downloads</source>
        <translation>Tempolimit für Downloads</translation>
    </message>
    <message>
        <source>Speed: {tokens_per_second} tokens/s over {generation_s} s</source>
        <translation>Tempo: {tokens_per_second} Tokens/s über {generation_s}&#xa0;s</translation>
    </message>
    <message>
        <source>Start afresh</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>Stop</source>
        <comment>moving a model</comment>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop looking in {folder}; nothing is deleted</source>
        <translation>Nicht mehr in {folder} suchen; nichts wird gelöscht</translation>
    </message>
    <message>
        <source>Stop reading ahead</source>
        <translation>Vorauslesen anhalten</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>Antwort anhalten</translation>
    </message>
    <message>
        <source>Stop the answer and send this now</source>
        <translation>Antwort anhalten und dies jetzt senden</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird angehalten&#xa0;…</translation>
    </message>
    <message>
        <source>Surroundings</source>
        <translation>Umgebung</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Take all chats along, as one file or to read, or bring in those of ChatGPT, Claude, LM Studio or Open WebUI: their exports as they are, several at once. A single chat is exported from its menu.</source>
        <translation>Nehmen Sie alle Chats mit, als eine Datei oder zum Lesen, oder holen Sie die aus ChatGPT, Claude, LM Studio oder Open WebUI herein: deren Exporte, wie sie sind, auch mehrere auf einmal. Ein einzelner Chat wird über sein Menü exportiert.</translation>
    </message>
    <message>
        <source>Tell me a story.</source>
        <translation>Tell me a story.</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>Text of the file</source>
        <translation>Text der Datei</translation>
    </message>
    <message>
        <source>Text with a few marks, for notes and editors.</source>
        <translation>Text mit einigen Auszeichnungen, für Notizen und Editoren.</translation>
    </message>
    <message>
        <source>The address of the file has changed.</source>
        <translation>Die Adresse der Datei hat sich geändert.</translation>
    </message>
    <message>
        <source>The bin is empty. Deleted chats stay here for {days} days.</source>
        <translation>Der Papierkorb ist leer. Gelöschte Chats bleiben {days} Tage lang hier.</translation>
    </message>
    <message>
        <source>The chats in {place} are damaged ({detail}). Restore a backup, or recover what can still be read.</source>
        <translation>Die Chats in {place} sind beschädigt ({detail}). Stellen Sie eine Sicherung wieder her, oder retten Sie, was noch lesbar ist.</translation>
    </message>
    <message>
        <source>The chats in {place} cannot be used. Check the folder.</source>
        <translation>Die Chats in {place} können nicht verwendet werden. Prüfen Sie den Ordner.</translation>
    </message>
    <message>
        <source>The chats in {place} were written by a newer Fireside (version {found} of the format; this one knows {known}). Update Fireside where you got it from, or restore a backup from before.</source>
        <translation>Die Chats in {place} wurden von einem neueren Fireside geschrieben (Version {found} des Formats; dieses kennt {known}). Aktualisieren Sie Fireside dort, woher Sie es haben, oder stellen Sie eine frühere Sicherung wieder her.</translation>
    </message>
    <message>
        <source>The colours of the window.</source>
        <translation>Die Farben des Fensters.</translation>
    </message>
    <message>
        <source>The conversation is longer than the model’s context. Nothing was deleted: the oldest messages are only left out of what the model is given.</source>
        <translation>Die Unterhaltung ist länger als der Kontext des Modells. Nichts wurde gelöscht: Dem Modell werden nur die ältesten Nachrichten nicht mehr gegeben.</translation>
    </message>
    <message>
        <source>The copy of “{name}” in {parent} reads back differently, so it was removed; the model is where it was. The disk may be failing: choose another.</source>
        <translation>Die Kopie von „{name}“ in {parent} liest sich anders als das Original, also wurde sie entfernt; das Modell ist, wo es war. Vielleicht ist der Datenträger defekt: Wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>The damaged file stays at {path}.</source>
        <translation>Die beschädigte Datei bleibt unter {path}.</translation>
    </message>
    <message>
        <source>The demo model</source>
        <translation>Das Demo-Modell</translation>
    </message>
    <message>
        <source>The disk is full, so nothing new can be saved in {place}. Free some space.</source>
        <translation>Der Datenträger ist voll, also kann in {place} nichts Neues gespeichert werden. Schaffen Sie Platz.</translation>
    </message>
    <message>
        <source>The download goes on by itself then.</source>
        <translation>Der Download geht dann von selbst weiter.</translation>
    </message>
    <message>
        <source>The drive with {path} is not connected, or the folder is gone, so nothing is downloaded. Connect the drive, or choose another folder (Network).</source>
        <translation>Das Laufwerk mit {path} ist nicht angeschlossen, oder den Ordner gibt es nicht mehr; deshalb wird nichts heruntergeladen. Schließen Sie das Laufwerk an oder wählen Sie einen anderen Ordner (Netzwerk).</translation>
    </message>
    <message>
        <source>The file’s name</source>
        <translation>Der Name der Datei</translation>
    </message>
    <message>
        <source>The folder that it goes into</source>
        <translation>Der Ordner, in den es kommt</translation>
    </message>
    <message>
        <source>The import was stopped. The chats that came before that stay.</source>
        <translation>Der Import wurde abgebrochen. Was bis dahin ankam, bleibt.</translation>
    </message>
    <message>
        <source>The large one, for a computer with 64 GB of memory and a graphics card.</source>
        <translation>Das große, für einen Computer mit 64&#xa0;GB Speicher und einer Grafikkarte.</translation>
    </message>
    <message>
        <source>The largest part of so many layers stays off the GPU.</source>
        <translation>Von so vielen Schichten bleibt der größte Teil außerhalb der GPU.</translation>
    </message>
    <message>
        <source>The model could not go on ({detail}).</source>
        <translation>Das Modell konnte nicht weitermachen ({detail}).</translation>
    </message>
    <message>
        <source>The model gave no answer.</source>
        <translation>Das Modell hat nicht geantwortet.</translation>
    </message>
    <message>
        <source>The model gives a new chat its title when it has nothing else to do.</source>
        <translation>Das Modell gibt einem neuen Chat seinen Titel, wenn es sonst nichts zu tun hat.</translation>
    </message>
    <message>
        <source>The model no longer sees what is above this line.</source>
        <translation>Was über dieser Linie steht, sieht das Modell nicht mehr.</translation>
    </message>
    <message>
        <source>The model of “{preset}”, {model}, is not on this computer. The chat keeps the one that it has.</source>
        <translation>Das Modell von „{preset}“, {model}, ist nicht auf diesem Computer. Der Chat behält sein Modell.</translation>
    </message>
    <message>
        <source>The model only thought, and gave no answer.</source>
        <translation>Das Modell hat nur nachgedacht und nicht geantwortet.</translation>
    </message>
    <message>
        <source>The model repeated itself without end, so Fireside stopped it.</source>
        <translation>Das Modell hat sich endlos wiederholt, darum hat Fireside es angehalten.</translation>
    </message>
    <message>
        <source>The model said nothing for {seconds} seconds and was ended. What it said so far is kept.</source>
        <translation>Das Modell hat {seconds} Sekunden lang nichts gesagt und wurde beendet. Was es bis dahin gesagt hat, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The model wanted to use a tool, and Fireside has none yet.</source>
        <translation>Das Modell wollte ein Werkzeug verwenden, und Fireside hat noch keines.</translation>
    </message>
    <message>
        <source>The model’s</source>
        <translation>Vom Modell</translation>
    </message>
    <message>
        <source>The model’s process ended because the system or a person killed it, perhaps for want of memory. What it said so far is kept.</source>
        <translation>Der Prozess des Modells wurde vom System oder von jemandem beendet, vielleicht weil der Speicher knapp war. Was es bis dahin gesagt hat, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The model’s process ended unexpectedly (exit code {code}). What it said so far is kept.</source>
        <translation>Der Prozess des Modells endete unerwartet (Rückgabewert {code}). Was es bis dahin gesagt hat, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The model’s process ended unexpectedly (signal {signal}). What it said so far is kept.</source>
        <translation>Der Prozess des Modells endete unerwartet (Signal {signal}). Was es bis dahin gesagt hat, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The model’s process ended unexpectedly. What it said so far is kept.</source>
        <translation>Der Prozess des Modells endete unerwartet. Was es bis dahin gesagt hat, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The model’s process is in trouble.</source>
        <translation>Der Prozess des Modells ist in Schwierigkeiten.</translation>
    </message>
    <message>
        <source>The more, the faster, as long as they fit.</source>
        <translation>Je mehr, desto schneller, solange sie hineinpassen.</translation>
    </message>
    <message>
        <source>The next version</source>
        <translation>Nächste Fassung</translation>
    </message>
    <message>
        <source>The old file is kept as {path}.</source>
        <translation>Die alte Datei liegt noch als {path} da.</translation>
    </message>
    <message>
        <source>The one that is shown</source>
        <translation>Nur der gezeigte</translation>
    </message>
    <message>
        <source>The partial download was of another file, so it began again from the start.</source>
        <translation>Der begonnene Download gehörte zu einer anderen Datei und hat deshalb von vorn angefangen.</translation>
    </message>
    <message>
        <source>The presets are in {path}.</source>
        <translation>Die Vorlagen sind in {path}.</translation>
    </message>
    <message>
        <source>The proxy of {name} is used.</source>
        <translation>Der Proxy aus {name} wird verwendet.</translation>
    </message>
    <message>
        <source>The same number repeats an answer. The whole chat is then read anew for each one.</source>
        <translation>Dieselbe Zahl wiederholt eine Antwort. Der ganze Chat wird dann für jede Antwort neu gelesen.</translation>
    </message>
    <message>
        <source>The settings could not be read. All are back to their defaults.</source>
        <translation>Die Einstellungen ließen sich nicht lesen. Alle haben wieder ihre Vorgaben.</translation>
    </message>
    <message>
        <source>The settings file was damaged. What could be read of it is kept.</source>
        <translation>Die Datei mit den Einstellungen war beschädigt. Was sich lesen ließ, ist erhalten.</translation>
    </message>
    <message>
        <source>The system’s colours</source>
        <translation>Farben des Systems</translation>
    </message>
    <message>
        <source>The version before</source>
        <translation>Vorige Fassung</translation>
    </message>
    <message>
        <source>The words of the licence</source>
        <translation>Der Wortlaut der Lizenz</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
    <message>
        <source>There are no presets yet.</source>
        <translation>Es gibt noch keine Vorlagen.</translation>
    </message>
    <message>
        <source>There are none yet.</source>
        <translation>Es gibt noch keine.</translation>
    </message>
    <message>
        <source>There is another “{name}” in {parent}. Choose another folder.</source>
        <translation>In {parent} gibt es schon ein anderes „{name}“. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>There is no “{name}” in {repository} on Hugging Face. Choose another file.</source>
        <translation>In {repository} auf Hugging Face gibt es kein „{name}“. Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>There is no “{name}” on Hugging Face any more. Choose another repository.</source>
        <translation>Auf Hugging Face gibt es „{name}“ nicht mehr. Wählen Sie ein anderes Repository.</translation>
    </message>
    <message>
        <source>There was not enough free memory for “{name}”. Close other programs, or choose a shorter context in the preferences (Memory).</source>
        <translation>Für „{name}“ war nicht genug Speicher frei. Schließen Sie andere Programme, oder wählen Sie in den Einstellungen (Speicher) einen kürzeren Kontext.</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>Denkt nach</translation>
    </message>
    <message>
        <source>Thinking: {doing}</source>
        <translation>Denkt nach: {doing}</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>Denkt nach&#xa0;…</translation>
    </message>
    <message>
        <source>This Fireside does not know where newer versions are released.</source>
        <translation>Dieses Fireside weiß nicht, wo neuere Versionen erscheinen.</translation>
    </message>
    <message>
        <source>This answer was cut off while the model thought.</source>
        <translation>Diese Antwort wurde abgeschnitten, während das Modell nachdachte.</translation>
    </message>
    <message>
        <source>This answer was cut off.</source>
        <translation>Diese Antwort wurde abgeschnitten.</translation>
    </message>
    <message>
        <source>This backup is damaged, too</source>
        <translation>Auch diese Sicherung ist beschädigt</translation>
    </message>
    <message>
        <source>This chat</source>
        <translation>Dieser Chat</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Dieser Computer</translation>
    </message>
    <message>
        <source>This conversation is too long for the model: it has {prompt} tokens, and there is room for {context}. Start a new chat.</source>
        <translation>Diese Unterhaltung ist zu lang für das Modell: Sie hat {prompt} Tokens, und Platz ist für {context}. Beginnen Sie einen neuen Chat.</translation>
    </message>
    <message>
        <source>This deletes {size} from {parent}. It cannot be undone.</source>
        <translation>Damit werden {size} aus {parent} gelöscht. Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>This frees {size}. It can be downloaded again.</source>
        <translation>Damit werden {size} frei. Es kann wieder heruntergeladen werden.</translation>
    </message>
    <message>
        <source>This is a newer conversion of the model. The one that Fireside knows is no longer on Hugging Face.</source>
        <translation>Dies ist eine neuere Konvertierung des Modells. Die, die Fireside kennt, gibt es auf Hugging Face nicht mehr.</translation>
    </message>
    <message>
        <source>This is the newest version.</source>
        <translation>Das ist die neueste Version.</translation>
    </message>
    <message>
        <source>This is too long for the model: it comes to {prompt} tokens, and there is room for {room}. Shorten the message or your instructions.</source>
        <translation>Das ist zu lang für das Modell: Es sind {prompt} Tokens, und Platz ist für {room}. Kürzen Sie die Nachricht oder Ihre Anweisungen.</translation>
    </message>
    <message>
        <source>This part cannot be shown.</source>
        <translation>Dieser Teil kann nicht gezeigt werden.</translation>
    </message>
    <message>
        <source>This takes {short} more than is free now. Close other programs, or choose a shorter context.</source>
        <translation>Das braucht {short} mehr, als gerade frei ist. Schließen Sie andere Programme, oder wählen Sie einen kürzeren Kontext.</translation>
    </message>
    <message>
        <source>This time only: Fireside has the chats that are there, or begins without any.</source>
        <translation>Nur dieses Mal: Fireside nimmt die Chats, die dort sind, oder beginnt ohne.</translation>
    </message>
    <message>
        <source>Thought for less than a second</source>
        <translation>Weniger als eine Sekunde nachgedacht</translation>
    </message>
    <message>
        <source>Thought for {minutes} min {rest} s</source>
        <translation>{minutes}&#xa0;min {rest}&#xa0;s nachgedacht</translation>
    </message>
    <message>
        <source>Thought for {seconds} s</source>
        <translation>{seconds}&#xa0;s nachgedacht</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Time, host, purpose and bytes of each</source>
        <translation>Zeit, Server, Zweck und Menge einer jeden</translation>
    </message>
    <message>
        <source>To the beginning, to the end</source>
        <translation>Zum Anfang, zum Ende</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>Tokens, at most</source>
        <translation>Tokens, höchstens</translation>
    </message>
    <message>
        <source>Too large</source>
        <translation>Zu groß</translation>
    </message>
    <message>
        <source>Too much</source>
        <translation>Zu viel</translation>
    </message>
    <message numerus="yes">
        <source>Took %Ln chat(s) out of their folder</source>
        <translation>
            <numerusform>%Ln Chat aus dem Ordner genommen</numerusform>
            <numerusform>%Ln Chats aus ihren Ordnern genommen</numerusform>
        </translation>
    </message>
    <message>
        <source>Took “{title}” out of its folder</source>
        <translation>„{title}“ aus dem Ordner genommen</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Try again, at any effort</source>
        <translation>Erneut versuchen, mit beliebigem Aufwand</translation>
    </message>
    <message>
        <source>Try it now</source>
        <translation>Jetzt ausprobieren</translation>
    </message>
    <message>
        <source>Try the demo model now</source>
        <translation>Das Demo-Modell jetzt ausprobieren</translation>
    </message>
    <message>
        <source>Try the last answer again</source>
        <translation>Letzte Antwort erneut versuchen</translation>
    </message>
    <message>
        <source>Trying again in {seconds} s; what has arrived is kept.</source>
        <translation>Neuer Versuch in {seconds}&#xa0;s; was angekommen ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>Trying again; what has arrived is kept.</source>
        <translation>Neuer Versuch; was angekommen ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>Turn off</source>
        <translation>Ausschalten</translation>
    </message>
    <message numerus="yes">
        <source>Under another name, since theirs was taken: %Ln.</source>
        <translation>
            <numerusform>Unter anderem Namen, weil der eigene vergeben war: %Ln.</numerusform>
            <numerusform>Unter anderem Namen, weil die eigenen vergeben waren: %Ln.</numerusform>
        </translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Undo the deletion</source>
        <translation>Löschen rückgängig machen</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Lösen</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>Ohne Titel</translation>
    </message>
    <message>
        <source>Unwrap</source>
        <translation>Umbruch aus</translation>
    </message>
    <message>
        <source>Unwrap lines</source>
        <translation>Zeilen nicht umbrechen</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Use Hugging Face’s own folder again</source>
        <translation>Wieder den Ordner von Hugging Face verwenden</translation>
    </message>
    <message>
        <source>Use another folder</source>
        <translation>Anderen Ordner verwenden</translation>
    </message>
    <message>
        <source>Use it now</source>
        <translation>Jetzt verwenden</translation>
    </message>
    <message>
        <source>Use {called}</source>
        <translation>{called} verwenden</translation>
    </message>
    <message>
        <source>Usual place</source>
        <translation>Üblicher Ort</translation>
    </message>
    <message>
        <source>Usual text size</source>
        <translation>Übliche Schriftgröße</translation>
    </message>
    <message>
        <source>Version {place} of {count}</source>
        <translation>Fassung {place} von {count}</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Waiting for the model…</source>
        <translation>Wartet auf das Modell&#xa0;…</translation>
    </message>
    <message>
        <source>Web page</source>
        <translation>Webseite</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Welcome to Fireside</source>
        <translation>Willkommen bei Fireside</translation>
    </message>
    <message>
        <source>What Fireside found on this computer, and what it chose. Nothing of your chats is in it, so you can send it along where you ask for help.</source>
        <translation>Was Fireside auf diesem Computer gefunden und was es gewählt hat. Nichts aus Ihren Chats steht darin; Sie können es also mitschicken, wenn Sie um Hilfe bitten.</translation>
    </message>
    <message>
        <source>What Fireside is made of</source>
        <translation>Woraus Fireside besteht</translation>
    </message>
    <message>
        <source>What Hugging Face sends as “{name}” does not have the checksum that it promises. Try again later, or on another network.</source>
        <translation>Was Hugging Face als „{name}“ sendet, hat nicht die versprochene Prüfsumme. Versuchen Sie es später noch einmal oder in einem anderen Netzwerk.</translation>
    </message>
    <message>
        <source>What a chat is asked with, under a name. A chat keeps what it was given, also when its preset changes.</source>
        <translation>Was einem Chat mitgegeben wird, unter einem Namen. Ein Chat behält, was er bekommen hat, auch wenn sich die Vorlage ändert.</translation>
    </message>
    <message>
        <source>What a newer Fireside added since then stays in its file, which is kept.</source>
        <translation>Was ein neueres Fireside seither hinzugefügt hat, bleibt in dessen Datei; sie bleibt erhalten.</translation>
    </message>
    <message>
        <source>What is the capital of France?</source>
        <extracomment>The demo model knows English only: leave these questions in English.</extracomment>
        <translation>What is the capital of France?</translation>
    </message>
    <message>
        <source>What of those layers stays in memory</source>
        <translation>Was von diesen Schichten im Arbeitsspeicher bleibt</translation>
    </message>
    <message>
        <source>What the folder of the files is called</source>
        <translation>Wie der Ordner der Dateien heißt</translation>
    </message>
    <message>
        <source>What the preset is called</source>
        <translation>Wie die Vorlage heißt</translation>
    </message>
    <message>
        <source>What was found, and what was chosen</source>
        <translation>Was gefunden und was gewählt wurde</translation>
    </message>
    <message>
        <source>What was read of your chats, so that long ones open at once.</source>
        <translation>Auf dem Datenträger: was von Ihren Chats schon gelesen wurde, damit lange sofort bereit sind.</translation>
    </message>
    <message>
        <source>What was written since then is missing from it. The damaged file is kept.</source>
        <translation>Was seither geschrieben wurde, fehlt darin. Die beschädigte Datei bleibt erhalten.</translation>
    </message>
    <message>
        <source>What would you like to know?</source>
        <translation>Was möchten Sie wissen?</translation>
    </message>
    <message>
        <source>What {keys} copies of a conversation. The menu on a right click has both.</source>
        <translation>Was {keys} von einer Unterhaltung kopiert. Das Menü der rechten Maustaste hat beides.</translation>
    </message>
    <message>
        <source>When the folder can be written to.</source>
        <translation>Wenn in den Ordner geschrieben werden kann.</translation>
    </message>
    <message>
        <source>When the other program is closed.</source>
        <translation>Wenn das andere Programm geschlossen ist.</translation>
    </message>
    <message>
        <source>When there is room.</source>
        <translation>Wenn Platz ist.</translation>
    </message>
    <message>
        <source>Where Fireside keeps chats and settings</source>
        <translation>Wo Fireside Chats und Einstellungen ablegen soll</translation>
    </message>
    <message>
        <source>Where chats and settings are kept</source>
        <translation>Wo Chats und Einstellungen liegen</translation>
    </message>
    <message>
        <source>Where downloads go</source>
        <translation>Wohin Downloads kommen</translation>
    </message>
    <message>
        <source>Whether it fits this computer can be told once it is here.</source>
        <translation>Ob es auf diesen Computer passt, lässt sich sagen, sobald es hier ist.</translation>
    </message>
    <message>
        <source>Whether there is a newer Fireside could not be found out: {host} gave no answer to that ({reason}). Check the connection, or try again later.</source>
        <translation>Ob es ein neueres Fireside gibt, ließ sich nicht feststellen: {host} gab darauf keine Antwort ({reason}). Prüfen Sie die Verbindung, oder versuchen Sie es später noch einmal.</translation>
    </message>
    <message>
        <source>Which pages?</source>
        <translation>Welche Seiten?</translation>
    </message>
    <message>
        <source>With Python {python} and Qt {qt}.</source>
        <translation>Mit Python {python} und Qt {qt}.</translation>
    </message>
    <message>
        <source>With it</source>
        <translation>Mit</translation>
    </message>
    <message>
        <source>Without it</source>
        <translation>Ohne</translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation>Umbruch an</translation>
    </message>
    <message>
        <source>Wrap lines</source>
        <translation>Zeilen umbrechen</translation>
    </message>
    <message>
        <source>Write a Python function that adds two numbers.</source>
        <translation>Write a Python function that adds two numbers.</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Yes</source>
        <translation>Ja</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>You fixed</source>
        <translation>Festgelegt</translation>
    </message>
    <message>
        <source>You stopped this answer.</source>
        <translation>Sie haben diese Antwort angehalten.</translation>
    </message>
    <message>
        <source>Your chats cannot be opened</source>
        <translation>Ihre Chats können nicht geöffnet werden</translation>
    </message>
    <message>
        <source>Your data</source>
        <translation>Ihre Daten</translation>
    </message>
    <message>
        <source>all layers on the GPU</source>
        <translation>alle Schichten auf der GPU</translation>
    </message>
    <message>
        <source>all on the GPU</source>
        <translation>alles auf der GPU</translation>
    </message>
    <message>
        <source>any GPU, with the Vulkan SDK</source>
        <translation>jede GPU, mit dem Vulkan-SDK</translation>
    </message>
    <message>
        <source>as much as fits on the GPU</source>
        <translation>so viel, wie auf die GPU passt</translation>
    </message>
    <message>
        <source>asks for your consent on its web page</source>
        <translation>verlangt Ihre Zustimmung auf seiner Webseite</translation>
    </message>
    <message>
        <source>buffers</source>
        <translation>Puffer</translation>
    </message>
    <message>
        <source>cache</source>
        <translation>Cache</translation>
    </message>
    <message>
        <source>cache in {cache}; {batch}; weights {weights}</source>
        <translation>Cache: {cache}; {batch}; Gewichte: {weights}</translation>
    </message>
    <message>
        <source>compact (q8_0)</source>
        <translation>kompakt (q8_0)</translation>
    </message>
    <message>
        <source>context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>damaged</source>
        <translation>beschädigt</translation>
    </message>
    <message>
        <source>expert layers on the CPU</source>
        <translation>Expertenschichten auf der CPU</translation>
    </message>
    <message>
        <source>for example 1-20, 25</source>
        <translation>zum Beispiel 1-20, 25</translation>
    </message>
    <message>
        <source>full precision</source>
        <translation>volle Genauigkeit</translation>
    </message>
    <message>
        <source>gpt-oss, or a part of a name…</source>
        <translation>gpt-oss oder ein Teil eines Namens&#xa0;…</translation>
    </message>
    <message numerus="yes">
        <source>in %Ln day(s)</source>
        <translation>
            <numerusform>in %Ln Tag</numerusform>
            <numerusform>in %Ln Tagen</numerusform>
        </translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
    <message>
        <source>it does not open</source>
        <translation>sie lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>laid out anew for this processor</source>
        <translation>für diesen Prozessor neu angeordnet</translation>
    </message>
    <message>
        <source>last used {last}</source>
        <translation>zuletzt verwendet: {last}</translation>
    </message>
    <message>
        <source>layers on the GPU</source>
        <translation>Schichten auf der GPU</translation>
    </message>
    <message>
        <source>llama.cpp was built for the processor only. Build it again for</source>
        <translation>llama.cpp wurde nur für den Prozessor gebaut. Neu bauen für</translation>
    </message>
    <message>
        <source>mapped from the file</source>
        <translation>direkt aus der Datei</translation>
    </message>
    <message>
        <source>moving, {percent} %</source>
        <translation>wird verschoben, {percent}&#xa0;%</translation>
    </message>
    <message>
        <source>none that {names} can use. Check the graphics driver.</source>
        <translation>keine, die {names} verwenden kann. Prüfen Sie den Grafiktreiber.</translation>
    </message>
    <message>
        <source>nothing: all is chosen for this computer</source>
        <translation>nichts: alles wird passend zu diesem Computer gewählt</translation>
    </message>
    <message>
        <source>page {some} is a picture</source>
        <translation>Seite {some} ist ein Bild</translation>
    </message>
    <message>
        <source>pages {some} are pictures</source>
        <translation>Seiten {some} sind Bilder</translation>
    </message>
    <message>
        <source>pages {some} of {all}</source>
        <translation>Seiten {some} von {all}</translation>
    </message>
    <message>
        <source>read as {encoding}</source>
        <translation>gelesen als {encoding}</translation>
    </message>
    <message>
        <source>the beginning</source>
        <translation>der Anfang</translation>
    </message>
    <message>
        <source>the program</source>
        <translation>das Programm</translation>
    </message>
    <message>
        <source>today</source>
        <comment>in a sentence</comment>
        <translation>heute</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>yesterday</source>
        <comment>in a sentence</comment>
        <translation>gestern</translation>
    </message>
    <message>
        <source>{chats} with {messages}</source>
        <translation>{chats} mit {messages}</translation>
    </message>
    <message>
        <source>{count} billion parameters</source>
        <translation>{count} Milliarden Parameter</translation>
    </message>
    <message>
        <source>{count} million parameters</source>
        <translation>{count} Millionen Parameter</translation>
    </message>
    <message>
        <source>{count} of {all}</source>
        <translation>{count} von {all}</translation>
    </message>
    <message>
        <source>{count} of {all} layers on the GPU</source>
        <translation>{count} von {all} Schichten auf der GPU</translation>
    </message>
    <message>
        <source>{current} of {count}</source>
        <translation>{current} von {count}</translation>
    </message>
    <message>
        <source>{day} {month}</source>
        <translation>{day}. {month}</translation>
    </message>
    <message>
        <source>{day} {month} {year}</source>
        <translation>{day}. {month} {year}</translation>
    </message>
    <message>
        <source>{day}, {time}</source>
        <translation>{day}, {time}</translation>
    </message>
    <message>
        <source>{done} of {size}</source>
        <translation>{done} von {size}</translation>
    </message>
    <message>
        <source>{generated} tokens/s</source>
        <translation>{generated} Tokens/s</translation>
    </message>
    <message>
        <source>{gpu} ({name}), {free} of {memory} free</source>
        <translation>{gpu} ({name}), {free} von {memory} frei</translation>
    </message>
    <message>
        <source>{gpu} ({name}), {free} of {memory} free, which is the computer’s own</source>
        <translation>{gpu} ({name}), {free} von {memory} frei, mit dem Computer geteilt</translation>
    </message>
    <message>
        <source>{kind}, says Hugging Face: Fireside runs only gpt-oss</source>
        <translation>laut Hugging Face {kind}: Fireside führt nur gpt-oss aus</translation>
    </message>
    <message>
        <source>{label}: choose another model first</source>
        <translation>{label}: erst ein anderes Modell wählen</translation>
    </message>
    <message>
        <source>{label}: only in Ollama (ollama rm {name})</source>
        <translation>{label}: nur in Ollama (ollama rm {name})</translation>
    </message>
    <message>
        <source>{left} left</source>
        <translation>noch {left}</translation>
    </message>
    <message>
        <source>{memory}, of which {available} can be used</source>
        <translation>{memory}, davon {available} verfügbar</translation>
    </message>
    <message>
        <source>{month} {year}</source>
        <translation>{month} {year}</translation>
    </message>
    <message>
        <source>{name} (default)</source>
        <translation>{name} (Standard)</translation>
    </message>
    <message>
        <source>{name} (not here)</source>
        <translation>{name} (nicht hier)</translation>
    </message>
    <message>
        <source>{name} cannot be read ({detail}). Choose another backup.</source>
        <translation>{name} kann nicht gelesen werden ({detail}). Wählen Sie eine andere Sicherung.</translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation>{number} von {count}</translation>
    </message>
    <message>
        <source>{place} of {count}</source>
        <translation>{place} von {count}</translation>
    </message>
    <message>
        <source>{share} at {context} tokens of context</source>
        <translation>{share} bei {context} Tokens Kontext</translation>
    </message>
    <message>
        <source>{share} on {gpu}, at {context} tokens of context; {layers}</source>
        <translation>{share} auf {gpu}, bei {context} Tokens Kontext; {layers}</translation>
    </message>
    <message>
        <source>{size} GB</source>
        <translation>{size}&#xa0;GB</translation>
    </message>
    <message>
        <source>{size} of {room}</source>
        <translation>{size} von {room}</translation>
    </message>
    <message>
        <source>{size}, from {repository}.</source>
        <translation>{size}, von {repository}.</translation>
    </message>
    <message>
        <source>{size}, {licence}, from {repository} on Hugging Face. Nothing is sent there but the request for the file.</source>
        <translation>{size}, {licence}, von {repository} auf Hugging Face. Dorthin wird nichts gesendet als die Anfrage nach der Datei.</translation>
    </message>
    <message>
        <source>{stem} has been downloaded. Choose it in the menu of models.</source>
        <translation>{stem} wurde heruntergeladen. Wählen Sie es im Menü der Modelle.</translation>
    </message>
    <message>
        <source>{threads}, batches of {size}</source>
        <translation>{threads}, Stapel zu {size}</translation>
    </message>
    <message>
        <source>{title} (archived)</source>
        <translation>{title} (archiviert)</translation>
    </message>
    <message>
        <source>{title}, pinned</source>
        <translation>{title}, angeheftet</translation>
    </message>
    <message>
        <source>{tokens_per_second} tokens/s</source>
        <translation>{tokens_per_second} Tokens/s</translation>
    </message>
    <message>
        <source>{tokens_per_second} tokens/s · first token after {first_token_s} s</source>
        <translation>{tokens_per_second} Tokens/s · erstes Token nach {first_token_s}&#xa0;s</translation>
    </message>
    <message>
        <source>{tokens} tokens; there is room for {room}</source>
        <translation>{tokens} Tokens; Platz ist für {room}</translation>
    </message>
    <message>
        <source>{weights} in {layers} layers</source>
        <translation>{weights} in {layers} Schichten</translation>
    </message>
    <message>
        <source>“{name}”</source>
        <translation>„{name}“</translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}). Check that it is there, and who may read it.</source>
        <translation>„{name}“ kann nicht gelesen werden ({reason}). Prüfen Sie, ob die Datei da ist und wer sie lesen darf.</translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}). Check who may read it.</source>
        <translation>„{name}“ kann nicht gelesen werden ({reason}). Prüfen Sie, wer die Datei lesen darf.</translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}). Check who may read the file.</source>
        <translation>„{name}“ kann nicht gelesen werden ({reason}). Prüfen Sie, wer die Datei lesen darf.</translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}): its disk may be failing, or was taken out. Check the disk, or download the file again.</source>
        <translation>„{name}“ kann nicht gelesen werden ({reason}): Der Datenträger ist vielleicht defekt oder wurde entfernt. Prüfen Sie den Datenträger, oder laden Sie die Datei neu herunter.</translation>
    </message>
    <message>
        <source>“{name}” cannot be used. Choose another file.</source>
        <translation>„{name}“ kann nicht verwendet werden. Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>“{name}” could not be changed ({reason}). Nothing was lost. Check who may write in its folder, and whether another program uses it.</source>
        <translation>„{name}“ konnte nicht geändert werden ({reason}). Nichts ging verloren. Prüfen Sie, wer in dem Ordner schreiben darf und ob ein anderes Programm die Datei verwendet.</translation>
    </message>
    <message>
        <source>“{name}” could not be changed. It is as it was.</source>
        <translation>„{name}“ konnte nicht geändert werden. Alles ist, wie es war.</translation>
    </message>
    <message>
        <source>“{name}” could not be downloaded.</source>
        <translation>„{name}“ konnte nicht heruntergeladen werden.</translation>
    </message>
    <message>
        <source>“{name}” could not be loaded. Try again; if that does not help, choose another file of this model.</source>
        <translation>„{name}“ konnte nicht geladen werden. Versuchen Sie es noch einmal; wenn das nicht hilft, wählen Sie eine andere Datei dieses Modells.</translation>
    </message>
    <message>
        <source>“{name}” could not be read.</source>
        <translation>„{name}“ konnte nicht gelesen werden.</translation>
    </message>
    <message>
        <source>“{name}” could not be used.</source>
        <translation>„{name}“ konnte nicht verwendet werden.</translation>
    </message>
    <message>
        <source>“{name}” could not be written ({reason}). Check who may write in {parent} and how much room there is, or choose another folder.</source>
        <translation>„{name}“ konnte nicht geschrieben werden ({reason}). Prüfen Sie, wer in {parent} schreiben darf und wie viel Platz dort ist, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>“{name}” has a chat of more than {limit}, which is too large. None of it is imported.</source>
        <translation>„{name}“ enthält einen Chat von mehr als {limit}; das ist zu groß. Nichts davon wird importiert.</translation>
    </message>
    <message>
        <source>“{name}” has no text in it.</source>
        <translation>„{name}“ enthält keinen Text.</translation>
    </message>
    <message>
        <source>“{name}” has no text: its pages are pictures. Run a text recognition (OCR) on it first.</source>
        <translation>„{name}“ enthält keinen Text: Die Seiten sind Bilder. Lassen Sie erst eine Texterkennung (OCR) darüberlaufen.</translation>
    </message>
    <message>
        <source>“{name}” holds no chats that Fireside can read. Choose an export of Fireside, ChatGPT, Claude (the .zip or conversations.json), LM Studio or Open WebUI.</source>
        <translation>„{name}“ enthält keine Chats, die Fireside lesen kann. Wählen Sie einen Export von Fireside, ChatGPT, Claude (die .zip oder conversations.json), LM Studio oder Open WebUI.</translation>
    </message>
    <message>
        <source>“{name}” holds no presets. Choose a file that was exported on the page with the presets; its name ends in .fireside-presets.json.</source>
        <translation>„{name}“ enthält keine Vorlagen. Wählen Sie eine Datei, die auf der Seite mit den Vorlagen exportiert wurde; ihr Name endet auf .fireside-presets.json.</translation>
    </message>
    <message>
        <source>“{name}” is a folder. Attach the files in it.</source>
        <translation>„{name}“ ist ein Ordner. Hängen Sie die Dateien darin an.</translation>
    </message>
    <message>
        <source>“{name}” is a folder. Choose the file in it that ends in .gguf.</source>
        <translation>„{name}“ ist ein Ordner. Wählen Sie darin die Datei, die auf .gguf endet.</translation>
    </message>
    <message>
        <source>“{name}” is a model of another kind ({architecture}). Choose a gpt-oss model: Fireside runs only those.</source>
        <translation>„{name}“ ist ein Modell anderer Art ({architecture}). Wählen Sie ein gpt-oss-Modell: Fireside führt nur diese aus.</translation>
    </message>
    <message>
        <source>“{name}” is a picture, and gpt-oss reads only text.</source>
        <translation>„{name}“ ist ein Bild, und gpt-oss liest nur Text.</translation>
    </message>
    <message>
        <source>“{name}” is damaged ({detail}). Save it again in its own program, or get it again.</source>
        <translation>„{name}“ ist beschädigt ({detail}). Speichern Sie die Datei in ihrem eigenen Programm noch einmal, oder besorgen Sie sie neu.</translation>
    </message>
    <message>
        <source>“{name}” is damaged or incomplete ({detail}). Export it again; none of it is imported.</source>
        <translation>„{name}“ ist beschädigt oder unvollständig ({detail}). Exportieren Sie noch einmal; nichts davon wird importiert.</translation>
    </message>
    <message>
        <source>“{name}” is damaged. Download it again, or choose another file.</source>
        <translation>„{name}“ ist beschädigt. Laden Sie sie neu herunter, oder wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>“{name}” is damaged: its weights make no sense. Download it again, or choose another model.</source>
        <translation>„{name}“ ist beschädigt: Die Gewichte ergeben keinen Sinn. Laden Sie die Datei noch einmal herunter oder wählen Sie ein anderes Modell.</translation>
    </message>
    <message>
        <source>“{name}” is gpt-oss in a form that only Ollama can run. Choose a GGUF file of it that was made for llama.cpp.</source>
        <translation>„{name}“ ist gpt-oss in einer Form, die nur Ollama ausführen kann. Wählen Sie eine GGUF-Datei davon, die für llama.cpp gemacht ist.</translation>
    </message>
    <message>
        <source>“{name}” is incomplete. Download it again.</source>
        <translation>„{name}“ ist unvollständig. Laden Sie die Datei noch einmal herunter.</translation>
    </message>
    <message>
        <source>“{name}” is incomplete: {there} of {all} is there. Download it again.</source>
        <translation>„{name}“ ist unvollständig: {there} von {all} sind da. Laden Sie die Datei noch einmal herunter.</translation>
    </message>
    <message>
        <source>“{name}” is larger than {size}. Attach a part of it.</source>
        <translation>„{name}“ ist größer als {size}. Hängen Sie einen Teil davon an.</translation>
    </message>
    <message>
        <source>“{name}” is locked with a password. Save it without one, and attach that.</source>
        <translation>„{name}“ ist mit einem Kennwort geschützt. Speichern Sie die Datei ohne Kennwort, und hängen Sie diese an.</translation>
    </message>
    <message>
        <source>“{name}” is longer than any model can read. Attach a part of it.</source>
        <translation>„{name}“ ist länger, als irgendein Modell lesen kann. Hängen Sie einen Teil davon an.</translation>
    </message>
    <message>
        <source>“{name}” is not a GGUF model in spite of its name: its content may be a web page, or what an interrupted download left. Download it again.</source>
        <translation>„{name}“ ist trotz des Namens kein GGUF-Modell: Der Inhalt ist vielleicht eine Webseite oder der Rest eines abgebrochenen Downloads. Laden Sie die Datei noch einmal herunter.</translation>
    </message>
    <message>
        <source>“{name}” is not a GGUF model. Choose a file that ends in .gguf.</source>
        <translation>„{name}“ ist kein GGUF-Modell. Wählen Sie eine Datei, die auf .gguf endet.</translation>
    </message>
    <message>
        <source>“{name}” is not a model on its own, only an add-on to one ({kind}). Choose a gpt-oss model.</source>
        <translation>„{name}“ ist kein eigenes Modell, sondern nur ein Zusatz zu einem ({kind}). Wählen Sie ein gpt-oss-Modell.</translation>
    </message>
    <message>
        <source>“{name}” is not at {parent} any more. Choose the file again.</source>
        <translation>„{name}“ ist nicht mehr in {parent}. Wählen Sie die Datei neu.</translation>
    </message>
    <message>
        <source>“{name}” is of a kind that cannot be attached. Fireside reads text, code, Markdown, CSV, JSON, HTML, PDF and DOCX. Save it as one of these, and attach that.</source>
        <translation>Dateien wie „{name}“ können nicht angehängt werden. Fireside liest Text, Code, Markdown, CSV, JSON, HTML, PDF und DOCX. Speichern Sie die Datei in einem dieser Formate, und hängen Sie diese an.</translation>
    </message>
    <message>
        <source>“{name}” is one of {count} files of a model, and its name does not say which. Give it back its own name, with {ending} at the end.</source>
        <translation>„{name}“ ist eine von {count} Dateien eines Modells, und ihr Name sagt nicht, welche. Geben Sie ihr ihren eigenen Namen zurück, mit {ending} am Ende.</translation>
    </message>
    <message>
        <source>“{name}” is too long for the model: {tokens} tokens, where there is room for {room}.</source>
        <translation>„{name}“ ist zu lang für das Modell: {tokens} Tokens, und Platz ist für {room}.</translation>
    </message>
    <message>
        <source>“{name}” lacks parts that llama.cpp needs. It is incomplete, or was made for another program. Choose another file of this model.</source>
        <translation>„{name}“ fehlen Teile, die llama.cpp braucht. Die Datei ist unvollständig oder für ein anderes Programm gemacht. Wählen Sie eine andere Datei dieses Modells.</translation>
    </message>
    <message>
        <source>“{name}” needs {needed} more on the disk, and {free} is free in {path}. Free some space: what is there already is kept.</source>
        <translation>„{name}“ braucht noch {needed} auf dem Datenträger, und in {path} sind {free} frei. Schaffen Sie Platz: Was schon da ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>“{name}” needs {needed} of memory, and this computer has {available} to give. Choose a smaller model.</source>
        <translation>„{name}“ braucht {needed} Speicher, und auf diesem Computer sind {available} verfügbar. Wählen Sie ein kleineres Modell.</translation>
    </message>
    <message>
        <source>“{name}” needs {needed} of the memory of {gpu}, which has {available} to give. Choose fewer layers on the GPU, or a shorter context, in the preferences (Memory).</source>
        <translation>„{name}“ braucht {needed} vom Speicher von {gpu}, und dort sind {available} verfügbar. Wählen Sie in den Einstellungen (Speicher) weniger Schichten auf der GPU oder einen kürzeren Kontext.</translation>
    </message>
    <message>
        <source>“{name}” needs {needed}, and {free} is free in {parent}. Free some space or choose another folder; the model is where it was.</source>
        <translation>„{name}“ braucht {needed}, und in {parent} sind {free} frei. Schaffen Sie Platz, oder wählen Sie einen anderen Ordner; das Modell ist, wo es war.</translation>
    </message>
    <message>
        <source>“{name}” was made for a newer llama.cpp than the one in this Fireside. Update Fireside, or choose another file of this model.</source>
        <translation>„{name}“ wurde für ein neueres llama.cpp gemacht als das in diesem Fireside. Aktualisieren Sie Fireside, oder wählen Sie eine andere Datei dieses Modells.</translation>
    </message>
    <message>
        <source>“{name}” was written by a newer Fireside (version {found} of the format; this one knows {known}). Update Fireside.</source>
        <translation>„{name}“ wurde von einem neueren Fireside geschrieben (Version {found} des Formats; dieses kennt {known}). Aktualisieren Sie Fireside.</translation>
    </message>
    <message>
        <source>“{title}”</source>
        <translation>„{title}“</translation>
    </message>
    <message>
        <source>“{title}” is back among the chats</source>
        <translation>„{title}“ ist wieder bei den Chats</translation>
    </message>
</context>
</TS>
