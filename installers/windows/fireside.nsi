; Fireside's installer for Windows: for one person, without an administrator.
; `windows_package.py` compiles it, with VERSION (four numbers: NUMBERS), FOLDER (the frozen app),
; ICON, LICENCE, SIZE (kilobytes) and TARGET; PAGE, the address of the project, may be missing.
;
; fireside.exe is for terminals; fireside-app.exe, which has no console, for everything else.
;
; What a person has in Fireside is in $LOCALAPPDATA\Fireside, and is never touched here.

Unicode true
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user
SetCompressor /SOLID lzma
SetCompressorDictSize 64 ; megabytes: the two programs are nearly the same, 9 MB each
SetDateSave off
CRCCheck force

!include MUI2.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include x64.nsh
!include FileFunc.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Fireside"
!define KIND "Fireside.gguf"

Name "Fireside"
OutFile "${TARGET}"
InstallDir "$LOCALAPPDATA\Programs\Fireside"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "Fireside ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey /LANG=1033 "ProductName" "Fireside"
VIAddVersionKey /LANG=1033 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "FileDescription" "Installer of Fireside"
VIAddVersionKey /LANG=1033 "CompanyName" "The Fireside authors"
VIAddVersionKey /LANG=1033 "LegalCopyright" "The Fireside authors. Apache License 2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\fireside-app.exe"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

LangString Running ${LANG_ENGLISH} "Fireside is running. Close its window, then try again."
LangString Running ${LANG_GERMAN} "Fireside läuft. Schließen Sie das Fenster und versuchen Sie es noch einmal."
LangString TooOld ${LANG_ENGLISH} "Fireside needs a 64-bit Windows 10 (version 1809) or newer."
LangString TooOld ${LANG_GERMAN} "Fireside braucht ein 64-Bit-Windows 10 (Version 1809) oder neuer."
LangString Kind ${LANG_ENGLISH} "Language model (GGUF)"
LangString Kind ${LANG_GERMAN} "Sprachmodell (GGUF)"
LangString About ${LANG_ENGLISH} "Chat with gpt-oss on your own computer"
LangString About ${LANG_GERMAN} "Mit gpt-oss auf dem eigenen Computer chatten"

; A program that runs cannot be written to. Silently, that ends with 3.
!macro WaitUntilClosed PROGRAM
  ${Do}
    ${IfNot} ${FileExists} "$INSTDIR\${PROGRAM}"
      ${ExitDo}
    ${EndIf}
    ClearErrors
    FileOpen $0 "$INSTDIR\${PROGRAM}" a
    ${IfNot} ${Errors}
      FileClose $0
      ${ExitDo}
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION "$(Running)" /SD IDCANCEL IDRETRY +3
    SetErrorLevel 3
    Quit
  ${Loop}
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
  ${OrIfNot} ${AtLeastBuild} 17763
    MessageBox MB_OK|MB_ICONSTOP "$(TooOld)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Section
  !insertmacro WaitUntilClosed fireside.exe
  !insertmacro WaitUntilClosed fireside-app.exe
  SetOutPath "$INSTDIR"
  ; What an older version had and this one has not would stay. All of it is Fireside's own.
  RMDir /r "$INSTDIR\_internal"
  File /r "${FOLDER}/*"
  File "/oname=LICENSE.txt" "${LICENCE}"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\Fireside.lnk" "$INSTDIR\fireside-app.exe" "" "$INSTDIR\fireside-app.exe" 0 \
    SW_SHOWNORMAL "" "$(About)"

  ; "Open with", and a choice in the system's list of default programs. What opens a .gguf file
  ; now goes on to do so.
  WriteRegStr HKCU "Software\Classes\${KIND}" "" "$(Kind)"
  WriteRegStr HKCU "Software\Classes\${KIND}\DefaultIcon" "" "$INSTDIR\fireside-app.exe,0"
  WriteRegStr HKCU "Software\Classes\${KIND}\shell\open\command" "" \
    '"$INSTDIR\fireside-app.exe" --model "%1"'
  WriteRegStr HKCU "Software\Classes\.gguf\OpenWithProgids" "${KIND}" ""
  WriteRegStr HKCU "Software\Fireside\Capabilities" "ApplicationName" "Fireside"
  WriteRegStr HKCU "Software\Fireside\Capabilities" "ApplicationDescription" "$(About)"
  WriteRegStr HKCU "Software\Fireside\Capabilities\FileAssociations" ".gguf" "${KIND}"
  WriteRegStr HKCU "Software\RegisteredApplications" "Fireside" "Software\Fireside\Capabilities"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Fireside"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\fireside-app.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Fireside authors"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
!ifdef PAGE
  WriteRegStr HKCU "${UNINSTALL}" "URLInfoAbout" "${PAGE}"
!endif
  ${RefreshShellIcons}
SectionEnd

Section "Uninstall"
  !insertmacro WaitUntilClosed fireside.exe
  !insertmacro WaitUntilClosed fireside-app.exe
  ; By name: whoever has chosen a folder with other things in it keeps those.
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\fireside.exe"
  Delete "$INSTDIR\fireside-app.exe"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\uninstall.exe"
  SetOutPath "$TEMP" ; a folder that one is in cannot be removed
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Fireside.lnk"
  DeleteRegKey HKCU "Software\Classes\${KIND}"
  DeleteRegValue HKCU "Software\Classes\.gguf\OpenWithProgids" "${KIND}"
  DeleteRegKey /ifempty HKCU "Software\Classes\.gguf\OpenWithProgids"
  DeleteRegKey /ifempty HKCU "Software\Classes\.gguf"
  DeleteRegValue HKCU "Software\RegisteredApplications" "Fireside"
  DeleteRegKey HKCU "Software\Fireside"
  DeleteRegKey HKCU "${UNINSTALL}"
  ${RefreshShellIcons}
SectionEnd
