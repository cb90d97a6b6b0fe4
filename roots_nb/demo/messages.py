"""What Jira says when it refuses, in the language of the account: English, German, Spanish, Japanese."""

from __future__ import annotations

_LANGUAGES = ("en", "de", "es", "ja")

_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "issue missing": (
        "Issue does not exist or you do not have permission to see it.",
        "Der Vorgang ist nicht vorhanden oder Sie sind nicht berechtigt, ihn anzuzeigen.",
        "La incidencia no existe o no tienes permiso para verla.",
        "課題が存在しないか、課題を表示する権限がありません。",
    ),
    "worklog missing": (
        "Cannot find worklog with id: '{id}'.",
        "Arbeitsprotokoll mit der ID „{id}“ wurde nicht gefunden.",
        "No se encuentra el registro de trabajo con el id: «{id}».",
        "ID「{id}」の作業ログが見つかりません。",
    ),
    "property missing": (
        "The property with key '{key}' does not exist.",
        "Die Eigenschaft mit dem Schlüssel „{key}“ ist nicht vorhanden.",
        "La propiedad con la clave «{key}» no existe.",
        "キー「{key}」のプロパティは存在しません。",
    ),
    "may not log": (
        "{user}, you do not have the permission to associate a worklog to this issue.",
        "{user}, Sie sind nicht berechtigt, diesem Vorgang ein Arbeitsprotokoll hinzuzufügen.",
        "{user}, no tienes permiso para asociar un registro de trabajo a esta incidencia.",
        "{user}さん、この課題に作業ログを関連付ける権限がありません。",
    ),
    "may not edit": (
        "{user}, you do not have permission to edit the specified worklog.",
        "{user}, Sie sind nicht berechtigt, das angegebene Arbeitsprotokoll zu bearbeiten.",
        "{user}, no tienes permiso para editar el registro de trabajo especificado.",
        "{user}さん、指定された作業ログを編集する権限がありません。",
    ),
    "may not delete": (
        "{user}, you do not have permission to delete the specified worklog.",
        "{user}, Sie sind nicht berechtigt, das angegebene Arbeitsprotokoll zu löschen.",
        "{user}, no tienes permiso para eliminar el registro de trabajo especificado.",
        "{user}さん、指定された作業ログを削除する権限がありません。",
    ),
    "worklog null": (
        "Worklog must not be null.",
        "Das Arbeitsprotokoll darf nicht null sein.",
        "El registro de trabajo no debe ser nulo.",
        "作業ログを null にすることはできません。",
    ),
    "bad duration": (
        "Invalid time duration entered.",
        "Ungültige Zeitdauer eingegeben.",
        "La duración introducida no es válida.",
        "入力された期間が無効です。",
    ),
    "time required": (
        "You must indicate the time spent working.",
        "Sie müssen den Zeitaufwand angeben.",
        "Debes indicar el tiempo dedicado al trabajo.",
        "作業時間を指定してください。",
    ),
    "bad date": (
        "Invalid date format. Please enter the date in the format \"yyyy-MM-dd'T'HH:mm:ss.SSSZ\".",
        "Ungültiges Datumsformat. Bitte geben Sie das Datum im Format \"yyyy-MM-dd'T'HH:mm:ss.SSSZ\" ein.",
        "Formato de fecha no válido. Introduce la fecha con el formato \"yyyy-MM-dd'T'HH:mm:ss.SSSZ\".",
        "日付形式が無効です。\"yyyy-MM-dd'T'HH:mm:ss.SSSZ\" の形式で入力してください。",
    ),
    "bad date value": (
        "Date value '{value}' is invalid.",
        "Der Datumswert „{value}“ ist ungültig.",
        "El valor de fecha «{value}» no es válido.",
        "日付の値「{value}」は無効です。",
    ),
    "too long": (
        "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
        "Der eingegebene Text ist zu lang. Er überschreitet den zulässigen Grenzwert von 32.767 Zeichen.",
        "El texto introducido es demasiado largo. Supera el límite permitido de 32 767 caracteres.",
        "入力したテキストが長すぎます。上限の 32,767 文字を超えています。",
    ),
    "not a document": (
        "Comment body is not valid!",
        "Der Kommentartext ist ungültig!",
        "¡El cuerpo del comentario no es válido!",
        "コメントの本文が無効です。",
    ),
    "closed": (
        "You can not edit the issue as it is in a non-editable workflow state.",
        "Sie können den Vorgang nicht bearbeiten, da er sich in einem nicht bearbeitbaren Workflow-Status befindet.",
        "No puedes editar la incidencia porque está en un estado de flujo de trabajo no editable.",
        "課題は編集できないワークフロー ステータスのため、編集できません。",
    ),
    "nothing to change": (
        "At least one field has to be changed.",
        "Es muss mindestens ein Feld geändert werden.",
        "Hay que cambiar al menos un campo.",
        "少なくとも 1 つのフィールドを変更してください。",
    ),
    "bad estimate": (
        "You must supply a valid new estimate.",
        "Sie müssen eine gültige neue Schätzung angeben.",
        "Debes indicar una nueva estimación válida.",
        "有効な新しい見積もりを指定してください。",
    ),
    "bad adjustment": (
        "You must supply a valid amount of time to adjust the estimate by.",
        "Sie müssen eine gültige Zeitspanne angeben, um die die Schätzung angepasst wird.",
        "Debes indicar una cantidad de tiempo válida para ajustar la estimación.",
        "見積もりを調整する有効な時間を指定してください。",
    ),
    "bad choice": (
        "'{value}' is not a valid choice.",
        "„{value}“ ist keine gültige Auswahl.",
        "«{value}» no es una opción válida.",
        "「{value}」は有効な選択肢ではありません。",
    ),
    "not a member": (
        "You are currently not a member of {value}.",
        "Sie sind derzeit kein Mitglied von {value}.",
        "Actualmente no eres miembro de {value}.",
        "現在、{value} のメンバーではありません。",
    ),
    "no time tracking": (
        "Time tracking is not enabled.",
        "Die Zeiterfassung ist nicht aktiviert.",
        "El seguimiento de tiempo no está habilitado.",
        "時間管理が有効になっていません。",
    ),
    "worklogs full": (
        "The issue has reached its limit of {limit} worklogs.",
        "Der Vorgang hat den Grenzwert von {limit} Arbeitsprotokollen erreicht.",
        "La incidencia ha alcanzado el límite de {limit} registros de trabajo.",
        "課題の作業ログが上限の {limit} 件に達しました。",
    ),
    "bad request": (
        "Invalid request payload. Refer to the REST API documentation and try again.",
        "Ungültige Anfrage. Lesen Sie in der REST-API-Dokumentation nach und versuchen Sie es erneut.",
        "La solicitud no es válida. Consulta la documentación de la API REST e inténtalo de nuevo.",
        "リクエストが無効です。REST API のドキュメントを確認して、もう一度お試しください。",
    ),
    "bad number": (
        "The value of '{name}' is not valid.",
        "Der Wert von „{name}“ ist ungültig.",
        "El valor de «{name}» no es válido.",
        "「{name}」の値が無効です。",
    ),
    "unbounded": (
        "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        "Unbegrenzte JQL-Abfragen sind hier nicht zulässig. Fügen Sie Ihrer Abfrage eine Sucheinschränkung hinzu.",
        "Aquí no se permiten consultas JQL sin límites. Añade una restricción de búsqueda a la consulta.",
        "ここでは無制限の JQL クエリは許可されていません。クエリに検索制限を追加してください。",
    ),
    "bad page token": (
        "The next page token is invalid, has expired or belongs to another query.",
        "Das Token der nächsten Seite ist ungültig, abgelaufen oder gehört zu einer anderen Abfrage.",
        "El token de la página siguiente no es válido, ha caducado o pertenece a otra consulta.",
        "次のページのトークンが無効か、期限切れか、別のクエリのものです。",
    ),
    "permissions required": (
        "The 'permissions' query parameter is required.",
        "Der Abfrageparameter „permissions“ ist erforderlich.",
        "El parámetro de consulta «permissions» es obligatorio.",
        "クエリ パラメーター「permissions」は必須です。",
    ),
}


def message(name: str, locale: str, /, **values: object) -> str:
    """One of Jira's sentences in the language of `locale` ("de_DE"); English for a language not spoken here."""
    language = locale[:2]
    position = _LANGUAGES.index(language) if language in _LANGUAGES else 0
    return _TEXTS[name][position].format(**values)
